import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { findSettingProblems, type Givens } from '../../infra/checks.ts'
import type { Environment } from '../../infra/settings/environment.ts'
import { environment } from './synth.ts'

const sandbox = environment('test-one-node')
const type = (timeoutSeconds: number): Givens['taskTypes'][number] => ({
  ...{ type: 'resize', payload: z.unknown(), handler: './resize.handler.ts' },
  timeoutSeconds,
})
/** Just within all limits. */
const givens: Givens = {
  name: 'x'.repeat(20),
  taskTypes: [
    { ...type(1), priority: 0, sends: ['resize'], retryLater: { max: 1 } },
    { ...type(600), priority: 31, retryLater: { max: 1_000 } },
  ],
  nativePackages: [],
  schedules: [],
  environments: [],
  timing: { drainSeconds: 100, consumerTimeoutSeconds: 900 },
}

describe('what no environment sets is checked with it', () => {
  const cases: [string, Partial<Givens>, string, unknown, RegExp][] = [
    ['a name too long', { name: 'x'.repeat(21) }, 'name', 'x'.repeat(21), /1 to 20/],
    ['no time for a task', { taskTypes: [type(0)] }, 'task type resize: timeoutSeconds', 0, /1 to 86400/],
    [
      'a task of more than a day',
      { taskTypes: [type(86_401)] },
      'task type resize: timeoutSeconds',
      86_401,
      /1 to 86400/,
    ],
    ...[-1, 1.5, 32, Number.NaN].map((priority): [string, Partial<Givens>, string, unknown, RegExp] => [
      `a priority of ${priority}`,
      { taskTypes: [{ ...type(1), priority }] },
      'task type resize: priority',
      priority,
      /0 to 31/,
    ]),
    [
      'a type sent that there is not',
      { taskTypes: [{ ...type(1), sends: [type(1), 'resise'] }] },
      'task type resize: sends',
      'resise',
      /registry.ts: resize/,
    ],
    ...[0, 1.5, 1_001].map((max): [string, Partial<Givens>, string, unknown, RegExp] => [
      `a task put off up to ${max} times`,
      { taskTypes: [{ ...type(1), retryLater: { max } }] },
      'task type resize: retryLater.max',
      max,
      /1 to 1000/,
    ]),
    [
      'a broker that takes a task back too early',
      { taskTypes: [type(601)] },
      'infra/timing.ts: consumerTimeoutSeconds',
      900,
      /use 901 or more/,
    ],
    [
      'a drain that Fargate would cut short',
      { timing: { ...givens.timing, drainSeconds: 101 } },
      'infra/timing.ts: drainSeconds',
      101,
      /use up to 100/,
    ],
  ]
  test.each(cases)('%s', (_, change, field, seen, remedy) => {
    expect(findSettingProblems('test', sandbox, { ...givens, ...change })).toContainEqual({
      field,
      seen,
      remedy: expect.stringMatching(remedy),
    })
  })

  test('at the limits there is no problem', () => {
    expect(findSettingProblems('x'.repeat(20), sandbox, givens)).toEqual([])
  })

  test('the name of an environment that is too long', () => {
    const environmentName = 'x'.repeat(21)
    expect(findSettingProblems(environmentName, sandbox, givens)).toEqual([
      { field: 'environment', seen: environmentName, remedy: expect.stringMatching(/1 to 20/) },
    ])
  })
})

test('with compiled packages all classes have one architecture, since they share an image', () => {
  const [small, large] = sandbox.workQueue.workers
  if (!small || !large) throw new Error('there are two classes')
  const workers = [small, { ...large, architecture: 'X86_64' as const }]
  const mixed: Environment = { ...sandbox, workQueue: { ...sandbox.workQueue, workers } }
  expect(findSettingProblems('test', mixed, givens)).toEqual([])
  expect(findSettingProblems('test', mixed, { ...givens, nativePackages: ['sharp'] })).toEqual([
    {
      field: 'workQueue.workers[1].architecture',
      seen: 'X86_64',
      remedy: expect.stringContaining('use one architecture for all'),
    },
  ])
})
