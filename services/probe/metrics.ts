import type { MetricValues } from '../telemetry/emit.ts'
import type { QueueFigures } from './figures.ts'

/** A worker class that scales down to zero, and the backlog above which it gets its first task. */
export interface SleepingClass {
  readonly class: string
  readonly backlogAbove: number
}

/** The queue's metrics. Their meaning stands in services/contract/metrics.ts. */
export function queueMetrics(figures: QueueFigures): MetricValues {
  const backlog = figures.ready + figures.inFlight
  return {
    Ready: figures.ready,
    InFlight: figures.inFlight,
    Delayed: figures.delayed,
    Later: figures.later,
    Backlog: backlog,
    Consumers: figures.consumers,
    ...(isStill(figures) ? {} : { BacklogPerSlot: backlog / Math.max(figures.consumers, 1) }),
    DeadLetters: figures.deadLetters,
    DeadLettering: figures.deadLettering,
    ...drain(backlog, figures.ackedPerSecond),
    ...(figures.pausedSeconds > 0 ? { PausedSeconds: figures.pausedSeconds } : {}),
  }
}

/** The consumers say nothing of how many workers there are: scaling stands still, as it does without data. */
const isStill = ({ pausedSeconds, justResumed }: QueueFigures) => pausedSeconds > 0 || justResumed

function drain(backlog: number, ackedPerSecond: number): MetricValues {
  if (backlog === 0) return { DrainSeconds: 0 }
  return ackedPerSecond > 0 ? { DrainSeconds: backlog / ackedPerSecond } : {}
}

/**
 * Which classes have to get their first ECS task, since a percentage of zero adds none. A class with a consumer is
 * never woken: an alarm on the backlog would add tasks to it for ever. While no class has a consumer, any backlog wakes
 * the class with the lowest threshold.
 */
export function wakeUps(
  figures: QueueFigures,
  sleeping: readonly SleepingClass[],
): ReadonlyMap<string, 0 | 1> {
  const backlog = figures.ready + figures.inFlight
  const awake = new Set(figures.consumerTags.map((tag) => tag.slice(0, tag.indexOf('.'))))
  const first = sleeping.toSorted((one, other) => one.backlogAbove - other.backlogAbove)[0]?.class
  return new Map(
    sleeping.map(({ class: name, backlogAbove }) => {
      const threshold = name === first && awake.size === 0 ? 0 : backlogAbove
      return [name, !isStill(figures) && !awake.has(name) && backlog > threshold ? 1 : 0]
    }),
  )
}
