import { duration, percentilesOf } from '../figures.ts'
import type { Order, Sent } from './send-tasks.ts'
import type { Split } from './split.ts'

/** One line while it runs. */
export function describeSending({ accepted, waiting }: Sent, { count }: Order): string {
  return `${accepted} of ${count} accepted${waiting ? `; sending the rest again: ${waiting}` : ''}`
}

/** What became of an order, when it has ended. */
export function summary(sent: Sent, { count, run }: Order, seconds: number): string[] {
  const { accepted, confirmMs, requests, retries, unanswered } = sent
  const { p50, p95, max } = percentiles(confirmMs)
  const several = `p50 ${duration(p50)}, p95 ${duration(p95)}, max ${duration(max)} over ${confirmMs.length} requests`
  const rest = count - accepted - unanswered
  return [
    `${accepted} of ${count} accepted in ${seconds.toFixed(1)} s${retries > 0 ? `, ${retries} of ${requests} requests sent again` : ''}`,
    ...(confirmMs.length > 0 ? [`confirmed after ${confirmMs.length > 1 ? several : duration(max)}`] : []),
    ...(unanswered > 0
      ? [`${unanswered} were sent without an answer: they may be in the queue (ids ${run}-…)`]
      : []),
    ...(rest > 0 ? [`${rest} were not accepted`] : []),
  ]
}

/** The same for programs. */
export function result(
  environment: string,
  { run, type, count }: Order,
  sent: Sent,
  seconds: number,
  split: Split | undefined,
) {
  const { accepted, unanswered, requests, retries, confirmMs, failure } = sent
  return {
    environment,
    run,
    type,
    count,
    accepted,
    unanswered,
    seconds,
    requests,
    retries,
    ...(confirmMs.length > 0 ? { confirmMs: percentiles(confirmMs) } : {}),
    ...(failure ? { failure } : {}),
    ...(split
      ? {
          done: split.done,
          givenUp: split.givenUp,
          cancelled: split.cancelled,
          split: Object.fromEntries(split.byClass),
        }
      : {}),
  }
}

function percentiles(values: readonly number[]) {
  const percentile = percentilesOf(values)
  const at = (percent: number) => Math.round((percentile(percent) ?? 0) * 10) / 10
  return { p50: at(50), p95: at(95), max: at(100) }
}

/** Why a wait ended before all were done. */
export function unfinished(
  environment: string,
  { done, givenUp, cancelled }: Split,
  { accepted }: Sent,
): string {
  const dead =
    givenUp > 0 ? `${givenUp} became dead letters (npm run redrive -- ${environment} shows them)` : undefined
  const dropped = cancelled > 0 ? `${cancelled} were cancelled` : undefined
  const open = accepted - done - givenUp - cancelled
  const rest =
    open > 0 ? `${open} are still to be done (npm run status -- ${environment} says why)` : undefined
  return `${done} of ${accepted} tasks were done: ${[dead, dropped, rest].filter(Boolean).join(', ')}`
}
