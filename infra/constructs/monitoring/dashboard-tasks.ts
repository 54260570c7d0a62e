import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import { flushSeconds } from '../../../services/contract/metrics.ts'
import { publishes } from '../../../services/contract/publishing.ts'
import { taskTypes } from '../../../services/tasks/registry.ts'
import { colour, type DashboardRow, graph, ofClass } from './graph.ts'
import { queueMetric } from './queue-metric.ts'
import { done, math, overClasses, running, slotIntervals, type Watched, waitPercentile } from './watched.ts'

const perMinute = 60 / flushSeconds.worker

export function flow(watched: Watched): DashboardRow {
  const all = overClasses(watched, 'done', done)
  const sum = { statistic: 'Sum' }
  return {
    question: 'Is work flowing?',
    answer:
      '**Accepted** and **done** should run together. Done below accepted: the backlog grows. A backlog with done at zero: work has stopped. What has failed waits for its retry (delayed) and is in no backlog; neither is what was sent for **later** and is not yet due. The time until it is done is at the last minute’s pace. A **paused** queue gives out no task.',
    widgets: [
      graph(8, {
        title: 'Tasks per minute',
        unit: 'tasks',
        metrics: [
          queueMetric(watched, 'TasksAccepted', {}, { ...sum, label: 'accepted', color: colour.waiting }),
          // what handlers send comes to the queue too
          ...(taskTypes.some(publishes)
            ? [queueMetric(watched, 'TasksSent', {}, { ...sum, label: 'sent by handlers' })]
            : []),
          math('done', all.sum, all.metrics).with({ color: colour.done }),
        ],
      }),
      graph(6, {
        title: 'Backlog: tasks that wait, run, or wait for a retry',
        unit: 'tasks',
        stacked: true,
        metrics: [
          queueMetric(watched, 'InFlight', {}, { label: 'running', color: colour.done }),
          queueMetric(watched, 'Ready', {}, { label: 'waiting', color: colour.waiting }),
          queueMetric(watched, 'Delayed', {}, { label: 'delayed', color: colour.again }),
        ],
      }),
      graph(5, {
        title: 'Later: sent and not yet due',
        unit: 'tasks',
        metrics: [queueMetric(watched, 'Later', {}, { label: 'later', color: colour.waiting })],
      }),
      graph(5, {
        title: 'Time until the backlog is done',
        unit: 'minutes',
        metrics: [
          math('minutes', 'drain / 60', { drain: queueMetric(watched, 'DrainSeconds') }).with({
            color: colour.waiting,
          }),
          math('paused for', 'paused / 60', { paused: queueMetric(watched, 'PausedSeconds') }).with({
            color: colour.again,
          }),
        ],
      }),
    ],
  }
}

export function waits(watched: Watched): DashboardRow {
  return {
    question: 'How long do tasks wait?',
    answer:
      'From acceptance, or from when it was due, to the start of the first try. All classes take from one queue, so the figure is that of the class whose tasks waited longest. Rising with the backlog: too few slots. Rising without: tasks of very different length, or a queue that is paused.',
    widgets: [
      graph(12, {
        title: 'Waiting time',
        unit: 'seconds',
        metrics: (['p50', 'p95', 'p99'] as const).map((each) =>
          waitPercentile(watched, each).with({ color: colour[each] }),
        ),
      }),
      graph(12, {
        title: 'How long tasks take, by type and class (95th percentile)',
        unit: 'seconds',
        metrics: watched.workers.flatMap(({ name }, index) =>
          taskTypes.map(({ type }, number) => {
            const id = `duration${index}x${number}`
            return math(`${type} on ${name}`, `${id} / 1000`, {
              [id]: queueMetric(
                watched,
                'TaskDuration',
                { WorkerClass: name, TaskType: type },
                { statistic: 'p95' },
              ),
            })
          }),
        ),
      }),
      waitTable(watched, 'by priority', 'priority', ['sort priority desc']),
      waitTable(watched, 'by tenant, those that sent most', 'tenant', ['sort tasks desc', 'limit 20']),
    ],
  }
}

/** Of first tries, by a field of the task log line; of sampled lines where `taskLogSample` leaves some out. */
function waitTable(
  { workerLogGroups }: Watched,
  which: string,
  field: 'priority' | 'tenant',
  order: readonly string[],
): cloudwatch.LogQueryWidget {
  return new cloudwatch.LogQueryWidget({
    title: `Waiting time in seconds, ${which}`,
    width: 12,
    height: 4,
    view: cloudwatch.LogQueryVisualizationType.TABLE,
    logGroupNames: workerLogGroups.map(({ logGroupName }) => logGroupName),
    queryLines: [
      `filter msg = "task" and deliveryCount = 0 and ispresent(waitMs) and ispresent(${field})`,
      `stats count() as tasks, pct(waitMs, 50) / 1000 as p50, pct(waitMs, 95) / 1000 as p95 by ${field}`,
      ...order,
    ],
  })
}

export function scaling(watched: Watched): DashboardRow {
  return {
    question: 'Is it keeping up: does it scale?',
    answer:
      'Each class is scaled so that the **backlog per slot** stays at its own line: the lowest line calls first. Above a line for minutes and no new slots: the class is at its most tasks, or its tasks do not start. Slots and tasks that differ by more than the slots of a task: workers run that do not consume.',
    widgets: [
      graph(8, {
        title: 'Backlog per slot, and each class’s target',
        unit: 'tasks per slot',
        metrics: [
          queueMetric(watched, 'BacklogPerSlot', {}, { label: 'backlog per slot', color: colour.waiting }),
        ],
        marks: watched.workers.map(({ name, backlogPerSlot }) => ({ value: backlogPerSlot, label: name })),
      }),
      graph(8, {
        title: 'Slots in service',
        unit: 'slots',
        stacked: true,
        metrics: watched.workers.map((worker, index) =>
          math(worker.name, `slots${index} / ${perMinute}`, {
            [`slots${index}`]: slotIntervals(watched, worker),
          }).with({ color: ofClass(watched, worker)[0] }),
        ),
      }),
      graph(8, {
        title: 'Running ECS tasks: scaling activity',
        unit: 'tasks of ECS',
        stacked: true,
        metrics: watched.workers.map((worker) =>
          running(watched, worker).with({ color: ofClass(watched, worker)[0] }),
        ),
      }),
    ],
  }
}
