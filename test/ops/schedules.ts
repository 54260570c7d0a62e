import { type Schedule, schedule } from '../../services/contract/schedule.ts'
import { report } from '../support/schedules.ts'

const task = { type: report, payload: { of: 'a' } }

const some: readonly Schedule[] = [
  schedule({ name: 'yearly', cron: '0 12 24 12 *', timeZone: 'Europe/Berlin', task }),
  schedule({ name: 'daily', rate: '1 day', task }),
  schedule({ name: 'elsewhere', rate: '1 day', environments: ['production'], task }),
]

/** What the commands find in services/tasks/schedules.ts where a test runs them: see environments-hook.ts. */
export const schedules = process.env['TEST_SCHEDULES'] ? some : []
