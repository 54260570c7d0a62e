/**
 * Every metric of Warren: what emits them, scales and alarms on them, draws them and documents them goes by this list.
 * They go to CloudWatch as embedded metrics on stdout, in the namespace that `METRICS_NAMESPACE` names, counted
 * together over 10 to 60 s (`flushSeconds`). CloudWatch charges for each name with each set of dimension values, so
 * that only what tells task types apart is counted by type too.
 */

/** How long workers and producer count together before they write, in seconds. */
export const flushSeconds = { worker: 30, producer: 10 } as const

/**
 * The value of the dimension TaskType for what a worker does not know. The producer answers such a type with 400: it
 * comes to a worker older than the task, after a rollback, or in a message that the producer did not write.
 */
export const unknownType = 'unknown'

/** The names of dimensions. `Queue` is the work queue's name: several may share a namespace. */
export type Dimension = 'Queue' | 'WorkerClass' | 'TaskType'

export interface Metric {
  readonly source: 'probe' | 'worker' | 'producer'
  /** CloudWatch's own word. */
  readonly unit: 'Count' | 'Seconds' | 'Milliseconds' | 'Percent' | 'None'
  /** Each set of dimensions that it is emitted with. */
  readonly dimensions: readonly (readonly Dimension[])[]
  readonly meaning: string
  /**
   * What CloudWatch's StorageResolution says, in seconds: 1 for what scaling goes by, since an alarm may look at it every
   * ten seconds. It costs the same: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
   */
  readonly resolution: 1 | 60
}

const byQueue = [['Queue']] as const
const byClass = [['Queue', 'WorkerClass']] as const
const byClassAndType = [
  ['Queue', 'WorkerClass'],
  ['Queue', 'WorkerClass', 'TaskType'],
] as const

export const metrics = {
  Ready: metric('probe', 'Count', byQueue, 'tasks that wait for a slot'),
  InFlight: metric('probe', 'Count', byQueue, 'tasks that a slot has: delivered, not yet acknowledged'),
  Delayed: metric('probe', 'Count', byQueue, 'failed tasks that wait for their retry'),
  Backlog: metric('probe', 'Count', byQueue, 'Ready + InFlight'),
  Consumers: metric('probe', 'Count', byQueue, 'slots in service, over all worker classes'),
  BacklogPerSlot: metric(
    'probe',
    'Count',
    byQueue,
    'Backlog / max(Consumers, 1): what scaling goes by; not emitted while the queue is paused, nor for 30 s afterwards',
    1,
  ),
  DeadLetters: metric('probe', 'Count', byQueue, 'dead letters, until somebody redrives or removes them'),
  DeadLettering: metric(
    'probe',
    'Count',
    byQueue,
    'dead letters on their way; they stay there while the dead-letter queue is full',
  ),
  DrainSeconds: metric(
    'probe',
    'Seconds',
    byQueue,
    'Backlog / tasks that left the queue per second in the last minute; not emitted when there is a backlog and none left',
  ),
  PausedSeconds: metric(
    'probe',
    'Seconds',
    byQueue,
    'for how long the queue has been paused; only emitted while it is',
  ),
  WakeUp: metric(
    'probe',
    'None',
    byClass,
    '1 when a worker class without any task has to get one, else 0; only for classes that scale down to none',
    1,
  ),

  TasksDone: metric(
    'worker',
    'Count',
    byClassAndType,
    'tasks whose handler returned; by class also 0, in every interval in which a worker did none',
  ),
  TasksFailed: metric(
    'worker',
    'Count',
    byClassAndType,
    'tries that failed: threw, timed out, thread died, permanent failure, unreadable, unknown type, connection lost',
  ),
  TasksDeadLettered: metric(
    'worker',
    'Count',
    byClass,
    'tasks that a worker gave up at once: permanent failure, unreadable. Those over the delivery limit show in DeadLetters only',
  ),
  TasksRedelivered: metric(
    'worker',
    'Count',
    byQueue,
    'tries of tasks that had failed before; any class may get them, so that the class says nothing',
  ),
  ConsumerTimeouts: metric(
    'worker',
    'Count',
    byQueue,
    'tasks that the broker took back because a worker held them for too long',
  ),
  TaskDuration: metric('worker', 'Milliseconds', byClassAndType, 'how long a try took'),
  TaskWait: metric(
    'worker',
    'Milliseconds',
    byClass,
    "from the producer's acceptance to the start of a task's first try",
  ),
  ThreadsBlocked: metric(
    'worker',
    'Count',
    byClass,
    'times that a handler held up the slots that share its thread for a second or more: computing or blocking belongs into a class with a thread for each slot',
  ),
  BusyShare: metric(
    'worker',
    'Percent',
    byClass,
    "part of a slot's time in which a task ran; one value per slot and interval, so that their number counts the slots",
  ),
  RedeliveryShare: metric(
    'worker',
    'Percent',
    byQueue,
    "part of a slot's time that went into tasks that had failed before; one value per slot and interval",
  ),

  TasksAccepted: metric('producer', 'Count', byQueue, 'tasks that the broker has confirmed'),
  TasksRefused: metric(
    'producer',
    'Count',
    byQueue,
    'valid tasks that the broker did not take, or may not have: blocked, full, unroutable, no connection, connection lost, no confirm in time',
  ),
  ConfirmLatency: metric(
    'producer',
    'Milliseconds',
    byQueue,
    'of a request whose tasks were all accepted: until the last confirm, a connection made included',
  ),
  Reconnects: metric(
    'producer',
    'Count',
    byQueue,
    'connections made after the first of an execution environment',
  ),
} as const satisfies Record<string, Metric>

export type MetricName = keyof typeof metrics

function metric(
  source: Metric['source'],
  unit: Metric['unit'],
  dimensions: Metric['dimensions'],
  meaning: string,
  resolution: Metric['resolution'] = 60,
): Metric {
  return { source, unit, dimensions, meaning, resolution }
}
