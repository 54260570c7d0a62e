import { NotAcceptedError } from '../../client/src/errors.ts'
import type { SendTry } from '../../client/src/send.ts'
import type { NewTask } from '../../client/src/task.ts'
import { limits } from '../../services/contract/limits.ts'
import type { Target } from '../target/target.ts'
import { wait } from '../wait.ts'

export interface Order {
  /** Beginning of all ids, which then count from 0. */
  readonly run: string
  readonly type: string
  readonly payload: unknown
  /** 0 to 31; that of the type without it. */
  readonly priority?: number | undefined
  /** For whom they are sent. */
  readonly tenant?: string | undefined
  /** 1 to 604,800; at once without it. */
  readonly delaySeconds?: number | undefined
  readonly count: number
  /** Tasks a second; as fast as they are confirmed without it. */
  readonly rate?: number | undefined
}

/** What became of an order so far. */
export interface Sent {
  /** Confirmed by the broker. */
  accepted: number
  requests: number
  /** Requests that were sent again, with the ids of what was not accepted. */
  retries: number
  /** Sent, but neither accepted nor refused: these may be in the queue. */
  unanswered: number
  /** Milliseconds from each request to its 202. */
  readonly confirmMs: number[]
  /** Why not all was sent; not there while all goes well, or after a stop. */
  failure?: string
  /** Why the last request is sent again; not there when it was accepted. */
  waiting?: string | undefined
}

/** The part of a target that takes tasks. */
export type TaskTarget = Pick<Target, 'name' | 'client'>

/**
 * Sends tasks, one request after the other. Never rejects: what is sent stays sent, and is counted.
 * After `signal` the request that is under way is waited for, since only its answer tells what was accepted.
 */
export async function sendTasks(
  target: TaskTarget,
  order: Order,
  signal: AbortSignal,
  onProgress: (sent: Sent) => void,
): Promise<Sent> {
  const sent: Sent = { accepted: 0, requests: 0, retries: 0, unanswered: 0, confirmMs: [] }
  const begun = performance.now()
  const { count, rate = Number.POSITIVE_INFINITY } = order
  for (let next = 0; next < count && !signal.aborted && !sent.failure; ) {
    // at most ten requests a second, where there is a rate
    const wanted = Math.min(count - next, Math.ceil(rate / 10), limits.tasksPerRequest)
    const due = rate === Number.POSITIVE_INFINITY ? count : 1 + ((performance.now() - begun) / 1_000) * rate
    if (due - next < wanted) {
      await wait(((wanted - (due - next)) / rate) * 1_000, signal)
      continue
    }
    const size = Math.min(count - next, Math.floor(due) - next, limits.tasksPerRequest)
    await deliver(target, batch(order, next, size), sent, signal, onProgress)
    next += size
  }
  return sent
}

async function deliver(
  { name, client }: TaskTarget,
  tasks: readonly NewTask[],
  sent: Sent,
  signal: AbortSignal,
  onProgress: (sent: Sent) => void,
): Promise<void> {
  const onTry = ({ accepted, ms, reason }: SendTry) => {
    if (sent.waiting !== undefined) sent.retries += 1
    sent.requests += 1
    sent.accepted += accepted
    sent.waiting = reason
    if (reason === undefined) sent.confirmMs.push(ms)
    onProgress(sent)
  }
  try {
    await client.sendBatch(tasks, { signal, onTry })
  } catch (error) {
    if (!(error instanceof NotAcceptedError)) throw error
    sent.unanswered += error.failed.filter(({ mayBeAccepted }) => mayBeAccepted).length
    if (!signal.aborted) sent.failure = explain(error, name)
  }
}

/** What is refused says by itself what to do. */
function explain({ message, status, cause }: NotAcceptedError, name: string): string {
  const away = cause === undefined && (status === undefined || status >= 429)
  return away ? `${message}; npm run status -- ${name} says how it is` : message
}

function batch(order: Order, from: number, size: number): NewTask[] {
  const { run, type, payload, priority, tenant, delaySeconds } = order
  return Array.from({ length: size }, (_, index) => ({
    id: `${run}-${from + index}`,
    type,
    payload,
    priority,
    tenant,
    delaySeconds,
  }))
}
