import { inspect } from 'node:util'
import { limits } from '../contract/limits.ts'
import type { Reply } from './protocol.ts'

/** How a try ends whose handler has thrown this. By name: a handler's package may bring its own copy of a class. */
export function replyTo(error: unknown): Reply {
  const reason = reasonOf(error)
  const name = error instanceof Error ? error.name : ''
  if (name === 'PermanentTaskError') return { outcome: 'permanent-failure', reason }
  const seconds = name === 'RetryLaterError' ? delayOf(error as Error & { seconds?: unknown }) : Number.NaN
  return Number.isNaN(seconds) ? { outcome: 'failed', reason } : { outcome: 'later', seconds, reason }
}

/** NaN where it says none. */
function delayOf({ seconds }: { readonly seconds?: unknown }): number {
  return Math.min(limits.delaySeconds, Math.max(1, Math.ceil(Number(seconds))))
}

/** One line of at most 1,000 characters. Handlers throw anything. */
export function reasonOf(error: unknown): string {
  const text =
    error instanceof Error
      ? `${error.name}: ${error.message}${causeOf(error)}`
      : `threw ${inspect(error, { depth: 1 })}`
  return text.slice(0, 1_000)
}

/** What fetch knows and does not say: its message is always `fetch failed`. */
function causeOf({ cause }: Error): string {
  if (!(cause instanceof Error)) return ''
  // Node wraps what happened at each address of a host into one error without a message
  return ` (${cause.message || ('code' in cause ? cause.code : cause.name)})`
}

/** As long as it takes, with the stack. */
export const describe = (error: unknown) => inspect(error, { depth: 2 }).slice(0, 10_000)
