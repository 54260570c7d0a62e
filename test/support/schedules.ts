import * as z from 'zod'
import { type Schedule, schedule } from '../../services/contract/schedule.ts'
import { taskType } from '../../services/contract/task-type.ts'

/** A type of the tests' own. */
export const report = taskType({
  type: 'report',
  payload: z.object({ of: z.string(), pages: z.int().min(1).default(1) }),
  handler: './report.handler.ts',
})

/** Schedules that have what one can have: the tests' own environments run them. */
export const testSchedules: readonly Schedule[] = [
  schedule({
    name: 'nightly-report',
    cron: '30 2 * * MON-FRI',
    timeZone: 'Europe/Berlin',
    task: { type: report, payload: { of: 'yesterday', pages: 3 }, priority: 7, tenant: 'acme' },
  }),
  schedule({ name: 'often', rate: '1 minute', task: { type: report, payload: { of: '"now"' } } }),
  schedule({
    name: 'elsewhere',
    cron: '0 0 1 * *',
    environments: ['local'],
    task: { type: report, payload: { of: 'the month' } },
  }),
]
