import { setTimeout } from 'node:timers/promises'
import { parseEnvironment } from '../contract/environment.ts'
import type { Handler } from '../contract/task-type.ts'
import { tasksEnvironment } from './environment.ts'
import type { sleep } from './sleep.ts'

const { SLEEP_FACTOR } = parseEnvironment(tasksEnvironment, process.env)

const handler: Handler<typeof sleep> = async ({ ms }, { signal }) => {
  await setTimeout(ms * SLEEP_FACTOR, undefined, { signal })
}
export default handler
