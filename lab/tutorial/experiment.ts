import { expect, inject } from 'vitest'
import { experiments } from './experiments/catalogue.ts'
import type { CpuLimit } from './experiments/cpu-limit.ts'
import type { Facts, PerClass } from './experiments/facts.ts'
import { runExperiment } from './experiments/run.ts'

export interface SmallRun {
  readonly tasks: number
  /** Milliseconds of a task that sleeps. */
  readonly taskMs?: PerClass<number>
  readonly cpuLimit?: CpuLimit
}

/** An experiment at small scale, on the bundles and the real broker, which must not contradict what it claims. */
export async function runSmall(
  id: (typeof experiments)[number]['id'],
  { tasks, taskMs = { slow: 60, fast: 30 }, cpuLimit }: SmallRun,
): Promise<Facts> {
  const experiment = experiments.find((each) => each.id === id)
  if (!experiment) throw new Error(`there is no experiment ${id}`)
  const bundles = inject('bundles')
  const { facts, contradictions } = await runExperiment(experiment, {
    broker: inject('broker'),
    bundles: { lambda: (name) => `${bundles}/${name}`, worker: `${bundles}/worker` },
    ...{ tasks, taskMs, cpuLimit, signal: AbortSignal.timeout(50_000) },
  })
  expect(contradictions).toEqual([])
  return facts
}
