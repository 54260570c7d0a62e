import { schedulesIn } from '../services/contract/schedule.ts'
import { scheduleProblems } from '../services/contract/schedule-problems.ts'
import { taskTypes } from '../services/tasks/registry.ts'
import { schedules } from '../services/tasks/schedules.ts'
import { createLogger } from '../services/telemetry/logger.ts'
import { runSchedules } from './scheduler.ts'

/**
 * Runs the schedules of this machine until SIGTERM: `node scheduler-main.ts <endpoint>`. A process of its own, so that
 * it has the list as it is now.
 */
const own = schedulesIn('local', schedules)
const environments = own.flatMap((schedule) => schedule.environments ?? [])
const problems = scheduleProblems(own, { taskTypes, environments })
if (problems.length > 0) {
  for (const { field, seen, remedy } of problems)
    console.error(`${field} is ${JSON.stringify(seen)}: ${remedy}`)
  process.exit(1)
}
const stopped = new AbortController()
process.once('SIGTERM', () => stopped.abort())
const [endpoint = ''] = process.argv.slice(2)
await runSchedules(own, endpoint, createLogger('info'), stopped.signal)
