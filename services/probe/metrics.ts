import type { MetricValues } from '../telemetry/emit.ts'
import type { QueueFigures } from './figures.ts'

/** A worker class that scales down to no task at all, and the backlog above which it is to get one. */
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
    BacklogPerSlot: backlog / Math.max(figures.consumers, 1),
    DeadLetters: figures.deadLetters,
    DeadLettering: figures.deadLettering,
    ...drain(backlog, figures.ackedPerSecond),
  }
}

function drain(backlog: number, ackedPerSecond: number): MetricValues {
  if (backlog === 0) return { DrainSeconds: 0 }
  return ackedPerSecond > 0 ? { DrainSeconds: backlog / ackedPerSecond } : {}
}

/**
 * Which classes have to get their first task. A percentage cannot leave zero, and an alarm on the backlog alone would
 * go on adding tasks to a class that has some: so a class with a consumer is never woken.
 * While nobody works at all, one task in the queue wakes the class that minds the least: no other would come.
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
      return [name, !awake.has(name) && backlog > threshold ? 1 : 0]
    }),
  )
}
