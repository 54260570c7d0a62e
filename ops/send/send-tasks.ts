import type { NewTask } from '../../local/producer-process.ts'
import { limits } from '../../services/contract/limits.ts'
import { wait } from '../wait.ts'
import { post, type TaskTarget } from './deliver.ts'

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

/** A producer that refuses this often, without having taken a single task meanwhile, is given up. */
const attempts = 8

/**
 * Sends tasks in batches, one after the other. Never rejects: what is sent stays sent, and is counted.
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
  const maxBatch = batchSize(order)
  const { count, rate = Number.POSITIVE_INFINITY } = order
  for (let next = 0; next < count && !signal.aborted && !sent.failure; ) {
    // at most ten requests a second, where there is a rate
    const wanted = Math.min(count - next, Math.ceil(rate / 10), maxBatch)
    const due = rate === Number.POSITIVE_INFINITY ? count : 1 + ((performance.now() - begun) / 1_000) * rate
    if (due - next < wanted) {
      await wait(((wanted - (due - next)) / rate) * 1_000, signal)
      continue
    }
    const size = Math.min(count - next, Math.floor(due) - next, maxBatch)
    await deliver(target, batch(order, next, size), sent, signal, onProgress)
    next += size
    onProgress(sent)
  }
  return sent
}

async function deliver(
  target: TaskTarget,
  tasks: readonly NewTask[],
  sent: Sent,
  signal: AbortSignal,
  onProgress: (sent: Sent) => void,
): Promise<void> {
  let pending = tasks
  let unanswered = false
  for (let attempt = 1; ; attempt += 1) {
    sent.requests += 1
    const answer = await post(target, pending)
    if ('refused' in answer) {
      sent.failure = answer.refused
      break
    }
    const confirmed = new Set(answer.confirmed)
    sent.accepted += confirmed.size
    pending = pending.filter(({ id }) => !confirmed.has(id))
    sent.waiting = answer.retry?.why
    if (answer.retry === undefined) {
      sent.confirmMs.push(answer.ms)
      return
    }
    unanswered ||= answer.retry.unanswered
    if (confirmed.size > 0) attempt = 0
    if (attempt === attempts) {
      sent.failure = `${target.endpoint}: ${answer.retry.why}, ${attempts} times in a row; npm run status -- ${target.name} says how it is`
      break
    }
    onProgress(sent)
    await wait(answer.retry.afterSeconds * 1_000, signal)
    if (signal.aborted) break
    sent.retries += 1
  }
  if (unanswered) sent.unanswered += pending.length
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

/** As many as a request may hold. */
function batchSize(order: Order): number {
  const [task] = batch(order, order.count, 1)
  const bytes = Buffer.byteLength(JSON.stringify(task)) + 1
  return Math.max(1, Math.min(limits.tasksPerRequest, Math.floor((limits.bodyBytes - 100) / bytes)))
}
