/**
 * Every metric of Warren. What emits, scales, alarms, draws and documents uses this list.
 * They go to CloudWatch as embedded metrics on stdout, in the namespace `METRICS_NAMESPACE`, each line with what was
 * counted in 10 to 60 s (`flushSeconds`). CloudWatch charges for each name with each set of dimension values, so only
 * metrics that differ between task types are counted by type too.
 */

/** How long workers and producer count before they write a line, in seconds. */
export const flushSeconds = { worker: 30, producer: 10 } as const

/**
 * The value of the dimension TaskType for a type that the worker does not know. The producer refuses such a type with
 * 400, so the worker is older than the task (after a rollback), or the producer did not write the message.
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
   * CloudWatch's StorageResolution, in seconds: 1 for what scaling uses, since an alarm may read it every ten seconds. It
   * costs the same: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
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
  Later: metric(
    'probe',
    'Count',
    byQueue,
    'tasks that were sent for later and are not yet due; in no backlog',
  ),
  Backlog: metric('probe', 'Count', byQueue, 'Ready + InFlight'),
  Consumers: metric('probe', 'Count', byQueue, 'slots in service, over all worker classes'),
  BacklogPerSlot: metric(
    'probe',
    'Count',
    byQueue,
    'Backlog / max(Consumers, 1): scaling follows it; not emitted while the queue is paused, nor for 30 s after that',
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
    'Backlog / tasks per second that left the queue in the last minute; not emitted if there is a backlog and no task left',
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
    '1 if a worker class without an ECS task has to get one, else 0; only for classes with `minTasks: 0`',
    1,
  ),

  TasksDone: metric(
    'worker',
    'Count',
    byClassAndType,
    'tasks whose handler returned; by class also 0, for each interval in which a worker did none',
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
    'tries of tasks that had failed before; not by class, since any class may get them',
  ),
  TasksSent: metric(
    'worker',
    'Count',
    byQueue,
    'tasks that handlers have sent; only emitted while they send, and in no TasksAccepted',
  ),
  TasksPutOff: metric(
    'worker',
    'Count',
    byQueue,
    'tries that ended with a RetryLaterError: the task comes back later, uncounted; only emitted while there are any',
  ),
  TasksCancelled: metric(
    'worker',
    'Count',
    byQueue,
    'tries that ended since an operator had cancelled the task, or never began for that; only emitted while there are any',
  ),
  TasksHeld: metric(
    'worker',
    'Count',
    byQueue,
    'ended tasks that a worker held because the ledger did not answer at once: slow, throttled or away; only emitted while there are any',
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
    'from when the producer accepts a task, or from when it is due, until its first try starts',
  ),
  ThreadsBlocked: metric(
    'worker',
    'Count',
    byClass,
    'how often a handler held up the slots that share its thread for a second or more: handlers that compute or block belong in a class with a thread for each slot',
  ),
  BusyShare: metric(
    'worker',
    'Percent',
    byClass,
    "share of a slot's time in which a task ran; one value for each slot and interval, so the number of values is the number of slots",
  ),
  RedeliveryShare: metric(
    'worker',
    'Percent',
    byQueue,
    "share of a slot's time that went into tasks that had failed before; one value for each slot and interval",
  ),

  TasksAccepted: metric('producer', 'Count', byQueue, 'tasks that the broker has confirmed'),
  TasksRefused: metric(
    'producer',
    'Count',
    byQueue,
    'valid tasks that the broker refused, or perhaps did not get: blocked, full, unroutable, no connection, connection lost, no confirm in time',
  ),
  ConfirmLatency: metric(
    'producer',
    'Milliseconds',
    byQueue,
    'of a request whose tasks were all accepted: from its start to the last confirm, with the time to connect',
  ),
  Reconnects: metric(
    'producer',
    'Count',
    byQueue,
    'connections that an execution environment opened after its first',
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
