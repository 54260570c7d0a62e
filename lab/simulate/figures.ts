import { fargateUsd } from '../../infra/fargate-usd.ts'
import { percentilesOf } from '../../ops/figures.ts'
import { type Contestant, slotSpeed, type WorkerClass } from './contestant.ts'
import type { Outcome } from './simulate.ts'

/** What a contestant came to in a load. Waits in seconds. */
export interface Figures {
  readonly p50: number
  readonly p95: number
  readonly p99: number
  /** From the start until the last task is done, in seconds; null where some never are. */
  readonly drain: number | null
  /** Tasks that are never done, since they are cut off again and again. */
  readonly unfinished: number
  /** Worker-hours that are paid, by class, and what they cost in USD. */
  readonly hours: Readonly<Record<string, number>>
  readonly vcpuHours: number
  readonly usd: number
  /** Tries that were cut off and ran again. */
  readonly interrupted: number
  /** The most workers that were wanted, by class. */
  readonly most: Readonly<Record<string, number>>
}

export function figuresOf({ classes, pays }: Contestant, outcome: Outcome): Figures {
  const [p50 = 0, p95 = 0, p99 = 0] = [50, 95, 99].map(percentilesOf(outcome.waits))
  const hours = outcome.workerSeconds.map((seconds) => seconds / 3_600)
  const named = <Value>(values: readonly Value[]) =>
    Object.fromEntries(classes.map(({ name }, at) => [name, values[at] as Value]))
  const total = (of: (kind: WorkerClass, at: number) => number) =>
    classes.reduce((sum, kind, at) => sum + of(kind, at), 0)
  const work = total((kind, at) => ((outcome.busySeconds[at] ?? 0) * slotSpeed(kind)) / 3_600)
  const cheapest = Math.min(...classes.map((kind) => usdPerHour(kind) / (kind.slots * slotSpeed(kind))))
  const paidWork = pays === 'busy seconds'
  return {
    ...{ p50, p95, p99, interrupted: outcome.interrupted, unfinished: outcome.unfinished },
    drain: Number.isFinite(outcome.drainedAt) ? outcome.drainedAt : null,
    hours: named(hours),
    most: named(outcome.maxWanted),
    vcpuHours: paidWork ? work : total((kind, at) => (hours[at] ?? 0) * kind.vcpu),
    usd: paidWork ? work * cheapest : total((kind, at) => (hours[at] ?? 0) * usdPerHour(kind)),
  }
}

/** Of one worker: https://aws.amazon.com/fargate/pricing/, as ops/cost/prices.ts has it. */
function usdPerHour({ vcpu, memoryGiB, architecture, spot }: WorkerClass): number {
  const { vcpu: perVcpu, memoryGb } = fargateUsd[architecture === 'ARM64' ? 'ARM64' : 'X86_64']
  return (vcpu * perVcpu + memoryGiB * memoryGb) * (spot ? fargateUsd.spotShare : 1)
}
