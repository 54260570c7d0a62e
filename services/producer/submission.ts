import type { PublishOutcome } from '../amqp/batch.ts'
import type { Failure, ledgerFailures } from '../contract/problem.ts'
import type { HttpEvent, RouteAnswer } from './http.ts'
import { ProblemError, retryAfter } from './problem.ts'
import type { PreparedTask } from './request.ts'

/** Why a task was not accepted. */
export type Refusal = Failure | (typeof ledgerFailures)[number]

/** What became of the tasks of one request. */
export interface Submission {
  /** In the request's order. Those of tasks with the same `unique` key are equal. */
  readonly ids: readonly string[]
  /** What was published, or was to be: not what another request has published with the same key. */
  readonly published: readonly PreparedTask[]
  /** By id. */
  readonly outcomes: ReadonlyMap<string, 'confirmed' | Refusal>
}

/** Publishes tasks, and says of each what became of it. Never throws for what the broker does. */
export type Publish = (tasks: readonly PreparedTask[]) => Promise<ReadonlyMap<string, PublishOutcome>>

/** What a ledger adds to a producer. */
export interface LedgerSide {
  /** How many days it keeps records. */
  readonly days: number
  /** Takes tasks in: what is published, the ledger knows of. Never throws for what ledger or broker do. */
  submit(tasks: readonly PreparedTask[], publish: Publish): Promise<Submission>
  /** Answers GET /tasks/{id}. @throws ProblemError */
  answer(event: HttpEvent, id: string): Promise<RouteAnswer>
}

/** Takes tasks in where there is no ledger. */
export async function submit(tasks: readonly PreparedTask[], publish: Publish): Promise<Submission> {
  return { ids: tasks.map(({ id }) => id), published: tasks, outcomes: await publish(tasks) }
}

/** The answer where not all were accepted. */
export function notAccepted(
  ids: readonly string[],
  failed: readonly { readonly id: string; readonly reason: Refusal }[],
): ProblemError {
  const failedIds = new Set(failed.map(({ id }) => id))
  const accepted = ids.filter((id) => !failedIds.has(id))
  return new ProblemError(
    503,
    `${accepted.length} of ${ids.length} tasks were accepted: send those in failed again, with the same ids`,
    // `ids` too, in the request's order: a client that gave none could not tell which tasks failed
    { ids, accepted, failed },
    retryAfter,
  )
}
