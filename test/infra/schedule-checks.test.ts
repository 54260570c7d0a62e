import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { findSettingProblems, type Givens } from '../../infra/checks.ts'
import type { Schedule } from '../../services/contract/schedule.ts'
import { taskType } from '../../services/contract/task-type.ts'
import { report, testSchedules } from '../support/schedules.ts'
import { environment } from './synth.ts'

const root = resolve(import.meta.dirname, '../..')
const givens: Givens = {
  name: 'warren',
  taskTypes: [report],
  nativePackages: [],
  environments: ['sandbox', 'production'],
  schedules: testSchedules,
  timing: { drainSeconds: 100, consumerTimeoutSeconds: 1_000 },
}
const problemsOf = (schedules: readonly Schedule[], environmentName = 'sandbox') =>
  findSettingProblems(environmentName, environment('test-one-node'), { ...givens, schedules })

const task = { type: report, payload: { of: 'a' } }
/** One that the types would not let through. */
const untyped = (change: object) => ({ name: 'nightly', cron: '0 2 * * *', task, ...change }) as Schedule

test('schedules that fit have no problem', () => {
  expect(problemsOf(testSchedules)).toEqual([])
})

test('the example of docs/schedules.md fits', async () => {
  const page = readFileSync(join(root, 'docs/schedules.md'), 'utf8')
  const [, code = ''] = /```ts\n(.*?)```/s.exec(page) ?? []
  const digest = `{ ...report, type: 'digest', payload: z.object({ rounds: z.int() }) }`
  // of a type that need not be there in a copy of the template
  const example = code
    .replace(
      "import { digest } from './digest.ts'",
      `import * as z from 'zod'\nimport { report } from '${root}/test/support/schedules.ts'\nconst digest = ${digest}`,
    )
    .replace('../contract/', `${root}/services/contract/`)
  mkdirSync(join(root, '.warren'), { recursive: true })
  const folder = mkdtempSync(join(root, '.warren/example-'))
  try {
    writeFileSync(join(folder, 'schedules.ts'), example)
    const { schedules } = await import(join(folder, 'schedules.ts'))
    expect(schedules).toHaveLength(1)
    const taskTypes = schedules.map(({ task }: Schedule) => task.type)
    expect(
      findSettingProblems('sandbox', environment('test-one-node'), { ...givens, taskTypes, schedules }),
    ).toEqual([])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

describe('what does not fit is named with the value seen and the remedy', () => {
  const cron = (text: string, remedy: RegExp): [object, string, unknown, RegExp] => [
    { cron: text },
    'cron',
    text,
    remedy,
  ]
  const cases: [object, string, unknown, RegExp][] = [
    [{ name: 'Nightly' }, 'name', 'Nightly', /use a-z 0-9 -/],
    [{ name: 'x'.repeat(50) }, 'name', 'x'.repeat(50), /use up to 49 characters/],
    cron('30 2 * *', /five fields/),
    cron('30 2 * * * *', /five fields/),
    cron('0 30 2 * * MON', /five fields/),
    cron('@daily', /five fields/),
    cron('60 2 * * *', /five fields/),
    cron('0 24 * * *', /five fields/),
    cron('0 0 0 * *', /five fields/),
    cron('0 0 * 13 *', /five fields/),
    cron('0 0 * * 8', /five fields/),
    cron('0 0 L * *', /five fields/),
    cron('0 0 ? * MON', /five fields/),
    cron('0 0 * * MON#1', /five fields/),
    cron('0 0 * * FRI-SUN', /five fields/),
    cron('5/10 * * * *', /five fields/),
    cron('*/60 * * * *', /five fields/),
    cron('*/0 * * * *', /five fields/),
    cron('1,,2 * * * *', /five fields/),
    cron('0 0 1 * MON', /leave \* for the other: AWS takes one; two schedules do both/),
    cron('0 0 */2 * MON', /leave \* for the other/),
    cron('0 0 30 2 *', /use 1 to 29: its months have no more days/),
    cron('0 0 31 APR,JUN *', /use 1 to 30/),
    [{ timeZone: 'Berlin' }, 'timeZone', 'Berlin', /such as Europe\/Berlin/],
    [{ timeZone: '+02:00' }, 'timeZone', '+02:00', /such as Europe\/Berlin/],
    ...['0 minutes', '5 seconds', '1.5 hours', '5minutes', '1000 days'].map(
      (rate): [object, string, unknown, RegExp] => [
        { cron: undefined, rate },
        'rate',
        rate,
        /whole minutes, hours or days/,
      ],
    ),
    [{ environments: ['stage'] }, 'environments', 'stage', /some of local, sandbox, production/],
    [
      { task: { ...task, type: taskType({ ...report, type: 'unheard-of' }) } },
      'task.type',
      'unheard-of',
      /services\/tasks\/registry\.ts/,
    ],
    [{ task: { ...task, priority: 32 } }, 'task.priority', 32, /0 to 31/],
    [{ task: { ...task, tenant: 'a b' } }, 'task.tenant', 'a b', /1 to 128 of A-Z/],
    [{ task: { ...task, payload: { of: 1 } } }, 'task.payload.of', 1, /what report takes: .*string/],
    [{ task: { ...task, payload: undefined } }, 'task.payload', null, /what report takes: .*object/],
    [
      { task: { ...task, payload: { of: '<aws.scheduler.execution-id>' } } },
      'task.payload',
      { of: '<aws.scheduler.execution-id>' },
      /AWS would replace it/,
    ],
    [
      { task: { ...task, payload: { of: 'x'.repeat(262_144) } } },
      'task.payload',
      expect.stringMatching(/^262\d{3} bytes$/),
      /use up to 262016/,
    ],
  ]
  test.each(cases)('%j: %s', (change, field, seen, remedy) => {
    const schedule = untyped(change)
    expect(problemsOf([schedule])).toEqual([
      { field: `schedule ${schedule.name}: ${field}`, seen, remedy: expect.stringMatching(remedy) },
    ])
  })

  test('a name twice', () => {
    expect(problemsOf([untyped({}), untyped({ rate: '1 day', cron: undefined })])).toEqual([
      {
        field: 'schedule nightly: name',
        seen: 'nightly',
        remedy: expect.stringContaining('another schedule'),
      },
    ])
  })

  test('a payload as it arrives: a date is text by then', () => {
    const dated = taskType({ ...report, payload: z.object({ at: z.date() }) })
    const schedule = untyped({ task: { type: dated, payload: { at: new Date(0) } } })
    expect(problemsOf([schedule])).toEqual([
      expect.objectContaining({
        field: 'schedule nightly: task.payload.at',
        seen: '1970-01-01T00:00:00.000Z',
      }),
    ])
  })
})
