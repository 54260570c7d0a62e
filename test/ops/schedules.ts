import { schedule } from '../../services/contract/schedule.ts'
import { report } from '../support/schedules.ts'

const task = { type: report, payload: { of: 'a' } }

/** What the commands find in services/tasks/schedules.ts where a test runs them: see schedules-hook.ts. */
export const schedules = [
  schedule({ name: 'yearly', cron: '0 12 24 12 *', timeZone: 'Europe/Berlin', task }),
  schedule({ name: 'daily', rate: '1 day', task }),
  schedule({ name: 'elsewhere', rate: '1 day', environments: ['production'], task }),
]
