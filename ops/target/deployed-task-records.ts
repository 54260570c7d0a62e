import type { TaskRecords } from './task-records.ts'

export function deployedTaskRecords(): TaskRecords {
  const notYet = () => Promise.reject(new Error('the logs of AWS are not read yet'))
  return { cost: notYet, naming: notYet, tries: notYet, traceUrl: () => undefined }
}
