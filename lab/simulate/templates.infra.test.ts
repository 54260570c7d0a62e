import { describe, expect, test } from 'vitest'
import { readAssembly } from '../../ops/assembly.ts'
import { type EnvironmentName, environment, environmentNames, stacks } from '../../test/infra/synth.ts'
import { seededRandom } from '../random.ts'
import { compare } from './compare.ts'
import { figuresOf } from './figures.ts'
import { type Load, loads } from './loads.ts'
import { ours, tracked } from './ours.ts'
import { queueProcessingService } from './queue-processing-service.ts'
import { scalingsOf } from './scaling-policy.ts'
import { simulate } from './simulate.ts'

const synthesized = (name: EnvironmentName) => readAssembly(stacks(name).app.synth().directory).stacks
const contestantOf = (name: EnvironmentName) => ours(synthesized(name))
const trickle = loads.find(({ id }) => id === 'trickle') as Load
const pattern = queueProcessingService()

describe.each(environmentNames)('the simulator reads of %s', (name) => {
  const contestant = contestantOf(name)
  const { workers } = environment(name).workQueue

  test('the classes with their limits, and policies for each', () => {
    expect(contestant.classes.map(({ name, min, max }) => [name, min, max])).toEqual(
      workers.map(({ name, minTasks, maxTasks }) => [name, minTasks, maxTasks]),
    )
    expect(contestant.classes.map(({ drainSeconds }) => drainSeconds)).toEqual(workers.map(() => 100))
    const scaled = contestant.controls(seededRandom(1)).map((control) => control.class)
    expect([...new Set(scaled)]).toEqual([...workers.keys()])
  })
})

describe.each(['test-one-node', 'test-cluster'] as const)('the simulator reads of %s', (name) => {
  test('enough to do every task of a comparison, the same twice', () => {
    const settings = {
      ours: contestantOf(name),
      tracked: tracked(synthesized(name)),
      pattern,
      seed: 3,
      startSeconds: 55,
    }
    const once = () => compare(trickle, settings, () => undefined).results.map(({ figures }) => figures)
    const figures = once()
    expect(once()).toEqual(figures)
    // the last task comes in the last of 360 minutes
    for (const { drain } of figures) expect(drain).toBeGreaterThan(359 * 60)
    expect(figures.at(-1)?.usd).toBe(Math.min(...figures.map(({ usd }) => usd)))
  })
})

test('what is looked at more often acts sooner, and at CloudWatch’s own pace', () => {
  const controlsAt = (probeSeconds: 10 | 30 | 60) => {
    const workQueue = { ...environment('test-cluster').workQueue, probeSeconds }
    const { stacks: read } = readAssembly(stacks('test-cluster', { workQueue }).app.synth().directory)
    return ours(read).controls(seededRandom(1))
  }
  const lags = ([10, 30, 60] as const).map((seconds) => {
    const controls = controlsAt(seconds)
    expect(new Set(controls.map(({ everySeconds }) => everySeconds))).toEqual(new Set([seconds]))
    return Math.min(...controls.map(({ lagSeconds }) => lagSeconds))
  })
  expect(lags).toEqual(lags.toSorted((one, other) => one - other))
  expect(new Set(lags).size).toBe(lags.length)
})

test('one task a minute never starts the burst class', () => {
  const contestant = contestantOf('test-cluster')
  for (let seed = 1; seed <= 20; seed += 1) {
    const tasks = trickle.tasks(60, seededRandom(seed))
    const outcome = simulate({ tasks, contestant, random: seededRandom(seed), startSeconds: () => 60 })
    expect(figuresOf(contestant, outcome).most).toEqual({ small: 2, large: 0 })
  }
})

test('CDK’s pattern has CPU at 50 %, and steps of 1 and 5 tasks on visible messages over five minutes', () => {
  const [{ min, max, policies } = { min: 0, max: 0, policies: [] }] = scalingsOf(pattern)
  expect([min, max]).toEqual([1, 2])
  expect(policies).toEqual([
    expect.objectContaining({ kind: 'target tracking', metric: 'cpu', target: 50 }),
    expect.objectContaining({
      threshold: 0,
      periodSeconds: 300,
      steps: [{ from: -Infinity, to: 0, change: -1 }],
    }),
    expect.objectContaining({
      ...{ threshold: 100, periodSeconds: 300, cooldown: 300, percent: false },
      steps: [
        { from: 0, to: 400, change: 1 },
        { from: 400, to: Infinity, change: 5 },
      ],
    }),
  ])
})
