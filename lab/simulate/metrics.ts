import { queueMetrics, type SleepingClass, wakeUps } from '../../services/probe/metrics.ts'
import type { View, WorkerClass } from './contestant.ts'
import type { Metric } from './metric.ts'

/**
 * What a policy sees of the system: the probe's metrics, by the probe's own code; SQS's visible messages; and ECS's
 * average CPU in percent, since a slot at work uses all that it has.
 * @param index of the class that the policy scales
 * @throws Error for a metric that the simulator does not know
 */
export function measurement(
  metric: Metric,
  index: number,
  classes: readonly WorkerClass[],
  sleeping: readonly SleepingClass[],
): (view: View) => number {
  if (metric === 'cpu') return cpuPercent(index)
  if (metric.name === 'ApproximateNumberOfMessagesVisible') return (view) => view.ready()
  const { WorkerClass } = metric.dimensions
  if (metric.name === 'WakeUp')
    return (view) => wakeUps(figuresOf(view, classes), sleeping).get(String(WorkerClass)) ?? Number.NaN
  const names = Object.keys(queueMetrics(figuresOf(nothing, classes)))
  if (!names.includes(metric.name))
    throw new Error(
      `a policy follows ${metric.name}, which the simulator does not know: it knows ${names.join(', ')}`,
    )
  return (view) => Number(queueMetrics(figuresOf(view, classes))[metric.name as 'Backlog'])
}

const nothing: View = {
  ready: () => 0,
  inFlight: () => 0,
  consumers: () => [],
  busySeconds: () => 0,
  slotSeconds: () => 0,
}

function figuresOf(view: View, classes: readonly WorkerClass[]) {
  const consumers = view.consumers()
  return {
    ready: view.ready(),
    inFlight: view.inFlight(),
    ...{
      delayed: 0,
      later: 0,
      deadLetters: 0,
      deadLettering: 0,
      ackedPerSecond: 0,
      pausedSeconds: 0,
      justResumed: false,
    },
    consumers: consumers.reduce((sum, count) => sum + count, 0),
    consumerTags: classes.filter((_, at) => (consumers[at] ?? 0) > 0).map(({ name }) => `${name}.1.1`),
  }
}

/** Of the time since the last look. */
function cpuPercent(index: number) {
  let before = { busy: 0, all: 0 }
  return (view: View) => {
    const after = { busy: view.busySeconds(index), all: view.slotSeconds(index) }
    const percent = (100 * (after.busy - before.busy)) / (after.all - before.all)
    before = after
    return percent
  }
}
