import type { Client } from '../../client/src/client.ts'
import type { TaskLogLine } from '../../services/contract/log.ts'
import type { Examined } from '../../services/topology/examine.ts'
import type { QueueControl } from './control.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { Finding, ScheduleLook, Watcher } from './look.ts'
import type { TaskRecords } from './task-records.ts'

/** A work queue of a system that runs, here or in AWS, as the operator's commands see it. */
export interface Target {
  /** As commands are given it: the environment, and behind a slash the queue that is not the default one. */
  readonly name: string
  readonly environment: string
  readonly queue: string
  /** The producer's, which takes the tasks of all queues. */
  readonly endpoint: string
  /** Its worker classes, as far as they are known beforehand. */
  readonly classes: readonly string[]
  /** Of the producer, signed where AWS wants that. A stop does not end a request: only its answer tells what came of it. */
  readonly client: Client
  /** The task log from a time on; a reading gives the lines that came in since the one before. */
  followTasks(filter: TaskFilter): TaskFollower
  /** Why the task log does not tell of each task; undefined where it does. */
  readonly sampled?: string
  watch(): Watcher
  /** The broker's version, and whose password it does not have as the secrets do. */
  examineBroker(): Promise<Examined>
  /** What only this kind of target can find wrong: alarms, in AWS. */
  findings(): Promise<readonly Finding[]>
  /** Those that this checkout declares for it. */
  schedules(): Promise<readonly ScheduleLook[]>
  readonly deadLetters: DeadLetters
  /** Of the whole environment: ops/tasks makes stories of it. */
  readonly taskRecords: TaskRecords
  readonly control: QueueControl
  /** Where to look when its workers do not work. */
  readonly workersRemedy: string
}

export interface TaskFilter {
  /** Milliseconds since 1970. */
  readonly since: number
  /** Only tasks whose id begins so. */
  readonly idPrefix: string
}

export interface TaskFollower {
  read(): Promise<readonly TaskLogLine[]>
}
