import * as z from 'zod'
import { taskType } from '../contract/task-type.ts'

/** The tutorial's task: takes `ms` milliseconds × SLEEP_FACTOR and uses no CPU. */
export const sleep = taskType({
  type: 'sleep',
  payload: z.object({ ms: z.number().min(0).max(3_600_000) }),
  timeoutSeconds: 3_600 + 60,
  handler: './sleep.handler.ts',
})
