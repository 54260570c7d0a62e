import { setTimeout as pause } from 'node:timers/promises'
import { type AcceptanceLedger, finalStates, ledgerLimits, type TaskStatus } from '../contract/ledger.ts'
import type { Logger } from '../contract/log.ts'
import type { HttpEvent, RouteAnswer } from './http.ts'
import { invalidRequest, ProblemError, retryAfter } from './problem.ts'

/** Shortest and longest time between two looks at a task that somebody waits for, in milliseconds. */
const lookMs = { min: 100, max: 2_000 }

/**
 * Answers GET /tasks/{id}; with `?wait=` when the task has come to its end, or after so many seconds with what is known
 * then. Each look reads the table, some 15 in 20 s, and the function runs meanwhile: docs/ledger.md has the cost.
 * @throws ProblemError 400 for another wait, 404 where the ledger has no such task, 503 when it does not answer
 */
export async function answerStatus(
  ledger: AcceptanceLedger,
  log: Logger,
  event: HttpEvent,
  id: string,
): Promise<RouteAnswer> {
  const until = Date.now() + 1_000 * waitSeconds(event)
  for (let waitMs = lookMs.min; ; waitMs = Math.min(1.5 * waitMs, lookMs.max)) {
    const status = await readStatus(ledger, log, id)
    const left = until - Date.now()
    if (finalStates.has(status.state) || left <= 0) return { status: 200, body: status }
    await pause(Math.min(waitMs, left))
  }
}

async function readStatus(ledger: AcceptanceLedger, log: Logger, id: string): Promise<TaskStatus> {
  let status: TaskStatus | undefined
  try {
    status = await ledger.read(id)
  } catch (error) {
    log.error('the ledger does not answer', { reason: String(error) })
    throw new ProblemError(503, 'the ledger does not answer', {}, retryAfter)
  }
  if (status) return status
  throw new ProblemError(404, 'no such task: it was never accepted, or its record has expired')
}

/** 0 where nobody waits. */
function waitSeconds({ rawQueryString }: HttpEvent): number {
  const wait = new URLSearchParams(rawQueryString).get('wait')
  if (wait === null) return 0
  const seconds = Number(wait)
  if (/^\d{1,2}$/.test(wait) && seconds >= 1 && seconds <= ledgerLimits.waitSeconds) return seconds
  const message = `must be a whole number of seconds from 1 to ${ledgerLimits.waitSeconds}`
  throw invalidRequest([{ index: null, path: '/wait', message }])
}
