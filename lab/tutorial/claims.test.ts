import { describe, expect, it } from 'vitest'
import { equal, line, linesOf, origin } from '../../test/local/lines.ts'
import { contradictions, experiments } from './experiments/catalogue.ts'
import { type Facts, factsOf, type Observation } from './experiments/facts.ts'

type Id = (typeof experiments)[number]['id']

const odd = [1, 3, 5, 7, 9, 11]
const even = [2, 4, 6, 8, 10, 12]
const seen: Omit<Observation, 'lines'> = {
  lengths: equal(12, 100),
  factors: { slow: 2, fast: 1 },
  consumingAt: { slow: origin, fast: origin },
  left: 0,
}
const half: Observation = { ...seen, lines: [...linesOf('slow', odd, 200), ...linesOf('fast', even, 100)] }
const fair: Observation = {
  ...seen,
  lines: [...linesOf('slow', [1, 4, 7, 10], 200), ...linesOf('fast', [2, 3, 5, 6, 8, 9, 11, 12], 100)],
}
const late: Observation = {
  ...seen,
  lines: [...linesOf('slow', [1, 2, 3, 6, 9, 12], 200), ...linesOf('fast', [4, 5, 7, 8, 10, 11], 100, 500)],
}
const all = [...odd, ...even].toSorted((a, b) => a - b)
const killedAt = origin + 250
const dead = { ...seen, killedAt, lines: [...linesOf('slow', [1], 200), ...linesOf('fast', even, 100)] }
const again = [3, 5, 7, 9, 11].map((task, at) =>
  line('fast', task, 600 + 100 * at, 100, { deliveryCount: 1 }),
)
const mixed: Observation = {
  ...seen,
  lengths: new Map([...equal(10, 100), ['task-1', 500], ['task-2', 500]]),
  lines: [line('slow', 1, 0, 1_000), line('fast', 2, 0, 500), ...linesOf('fast', [3, 4, 5, 6, 7], 100, 500)],
}

/** The tasks of a noisy tenant and of three quiet ones, one after another on the fast worker. */
const noisy = all.slice(0, 9).map((task) => `noisy-${task}`)
const quiet = [1, 2, 3].map((tenant) => `quiet-${tenant}-1`)
const ofTenants = (...order: readonly string[]): Observation => ({
  ...seen,
  lengths: new Map([...noisy, ...quiet].map((id) => [id, 100])),
  lines: order.map((id, at) => line('fast', at, 100 * at, 100, { id })),
})
const quietLast = ofTenants(...noisy, ...quiet)
const quietFirst = ofTenants(...noisy.slice(0, 2), ...quiet, ...noisy.slice(2))

/** Six tasks that compute, one by one on the slow worker, and six that wait together on the fast one. */
const apart: Observation = {
  ...seen,
  lengths: new Map(odd.flatMap((_, at) => [`computes-${at + 1}`, `waits-${at + 1}`].map((id) => [id, 100]))),
  lines: odd.flatMap((_, at) => [
    line('slow', at, 50 * at, 50, { id: `computes-${at + 1}` }),
    line('fast', at, at, 400, { id: `waits-${at + 1}` }),
  ]),
}

/** A run of each experiment that goes as it claims. */
const asClaimed: Record<Id, Observation> = {
  'auto-ack': half,
  'manual-no-prefetch': half,
  'late-worker': { ...seen, lines: linesOf('slow', all, 200) },
  'late-worker-fair': late,
  'crash-auto-ack': dead,
  'crash-manual-ack': { ...dead, lines: [...dead.lines, ...again] },
  fair,
  'mixed-durations': {
    ...mixed,
    lines: [...mixed.lines, line('slow', 8, 1_000, 200), ...linesOf('fast', [9, 10], 100, 1_000)],
  },
  'cpu-no-prefetch': half,
  'cpu-fair': fair,
  'noisy-neighbour': quietLast,
  'noisy-neighbour-fair': quietFirst,
  'two-queues': apart,
}

describe.each(experiments)('the claims of $id', (experiment) => {
  const check = (facts: Facts) => contradictions(experiment, 2, facts)
  const facts = factsOf(asClaimed[experiment.id])

  it('hold for a run that went so', () => {
    expect(check(facts)).toEqual([])
  })

  it('are contradicted by tasks that are left at the broker', () => {
    expect(check({ ...facts, left: 3 })).toEqual(['the broker still holds 3 tasks'])
  })

  it('are contradicted by a worker that does tasks out of turn', () => {
    const bars = facts.bars.map((bar) => ({ ...bar, number: -bar.number }))
    expect(check({ ...facts, bars }).join()).toContain('after a later one')
  })
})

// the one experiment is about losing tasks, and in the other a task may be done again
const losesNothing = experiments.filter(({ id }) => id !== 'crash-auto-ack')
const repeatsNothing = experiments.filter(({ id }) => id !== 'crash-manual-ack')

it.each(losesNothing)('the claims of $id are contradicted by a lost task', (experiment) => {
  const facts = { ...factsOf(asClaimed[experiment.id]), lost: 1 }
  expect(contradictions(experiment, 2, facts)).toEqual(['1 tasks were lost'])
})

it.each(repeatsNothing)('the claims of $id are contradicted by a task done twice', (experiment) => {
  const facts = { ...factsOf(asClaimed[experiment.id]), duplicated: 1 }
  expect(contradictions(experiment, 2, facts)).toEqual(['1 tasks were done twice'])
})

describe('an experiment', () => {
  const wrong: readonly [Id, string, Observation, string][] = [
    ['auto-ack', 'a fair split', fair, 'not half each'],
    ['manual-no-prefetch', 'a fair split', fair, 'not half each'],
    ['fair', 'half each', half, 'the fast worker did fewer than 7'],
    ['cpu-fair', 'half each', half, 'the fast worker did fewer than 7'],
    ['cpu-no-prefetch', 'a fair split', fair, 'not half each'],
    [
      'two-queues',
      'a task that the other worker has',
      { ...apart, lines: apart.lines.map((each) => ({ ...each, class: 'slow' })) },
      'the slow worker had waits-1 of the other queue',
    ],
    [
      'two-queues',
      'tasks that wait one after the other',
      {
        ...apart,
        lines: apart.lines.map((each, at) =>
          each.class === 'fast' ? line('fast', at, 500 * at, 400, { id: each.id }) : each,
        ),
      },
      'only 1 of 6 tasks that wait had begun',
    ],
    ['late-worker', 'a shared queue', late, 'the first worker did not take all'],
    [
      'late-worker-fair',
      'all on the first worker',
      asClaimed['late-worker'],
      'the second worker got nothing',
    ],
    [
      'late-worker-fair',
      'a first worker that hoards',
      { ...seen, lines: [...linesOf('slow', all.slice(0, 11), 200), line('fast', 12, 500, 100)] },
      'the second worker got 1',
    ],
    ['crash-auto-ack', 'no loss', { ...fair, killedAt }, 'no task was lost'],
    ['crash-auto-ack', 'no kill', { ...half, lines: half.lines.slice(1) }, 'no worker was killed'],
    ['crash-manual-ack', 'nothing given out again', { ...half, killedAt }, 'no task came back'],
    ['crash-manual-ack', 'loss', dead, 'were lost'],
    [
      'mixed-durations',
      'both long tasks on one worker',
      {
        ...mixed,
        lines: [...linesOf('slow', [1, 2], 1_000), ...linesOf('fast', [3, 4, 5, 6, 7, 8, 9, 10], 100)],
      },
      'began with tasks 1 and 3',
    ],
    [
      'mixed-durations',
      'half each',
      {
        ...mixed,
        lines: [
          ...[line('slow', 1, 0, 1_000), ...linesOf('slow', [3, 5, 7, 9], 200, 1_000)],
          ...[line('fast', 2, 0, 500), ...linesOf('fast', [4, 6, 8, 10], 100, 500)],
        ],
      },
      'the split is 5 slow / 5 fast',
    ],
    ['noisy-neighbour', 'who goes first though they came last', quietFirst, '7 of the many tasks'],
    ['noisy-neighbour-fair', 'first in, first out', quietLast, '9 of the 9 tasks of the many'],
    [
      'noisy-neighbour-fair',
      'a tenant whose own tasks go out of turn',
      ofTenants(noisy[1] ?? '', noisy[0] ?? '', ...quiet, ...noisy.slice(2)),
      'after a later one',
    ],
  ]

  it.each(wrong)('%s is contradicted by %s', (id, _what, observation, reason) => {
    const experiment = experiments.find((each) => each.id === id)
    expect(experiment).toBeDefined()
    if (experiment) expect(contradictions(experiment, 2, factsOf(observation)).join()).toContain(reason)
  })

  it('cpu-fair claims nothing about the split on a machine that was too busy to give the workers their CPU', () => {
    const [experiment] = experiments.filter(({ id }) => id === 'cpu-fair')
    expect(experiment).toBeDefined()
    if (!experiment) return
    expect(contradictions(experiment, 4, factsOf(half))).toHaveLength(1)
    expect(contradictions(experiment, 4, factsOf(half), false)).toEqual([])
    expect(contradictions(experiment, 4, { ...factsOf(half), lost: 1 }, false)).toHaveLength(1)
  })

  it('fair wants 30 of 50 tasks on a worker twice as fast', () => {
    const facts = { ...factsOf(fair), tasks: 50 }
    const [experiment] = experiments.filter(({ id }) => id === 'fair')
    expect(experiment).toBeDefined()
    if (!experiment) return
    expect(contradictions(experiment, 2, { ...facts, split: { slow: 20, fast: 30 } })).toEqual([])
    expect(contradictions(experiment, 2, { ...facts, split: { slow: 21, fast: 29 } })).toHaveLength(1)
  })
})
