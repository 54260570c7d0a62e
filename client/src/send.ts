import { type Answer, isPassing, type Problem } from './answer.ts'
import type { Connection } from './connection.ts'
import { Deadline } from './deadline.ts'
import { NotAcceptedError } from './errors.ts'
import { bodyOf, type EncodedNewTask, splitTasks } from './portions.ts'
import { SendRecord } from './record.ts'
import type { NewTask } from './task.ts'

/** What came of one request with tasks. */
export interface SendTry {
  /** How many of its tasks were accepted. */
  readonly accepted: number
  readonly ms: number
  /** Why the rest is sent again, or given up; undefined where there is none. */
  readonly reason: string | undefined
}

export interface SendSettings {
  readonly endpoint: string
  readonly deadlineSeconds: number
  readonly signal?: AbortSignal | undefined
  readonly onTry?: ((result: SendTry) => void) | undefined
}

/** Sends tasks, one request after the other, until each is accepted. @returns their ids @throws NotAcceptedError */
export async function sendInPortions(
  connection: Connection,
  given: readonly NewTask[],
  settings: SendSettings,
): Promise<string[]> {
  // chosen before the first try, so that a repeat after a lost answer sends the same
  const tasks = given.map((task) => ({ ...task, id: task.id ?? crypto.randomUUID() }))
  const record = new SendRecord(tasks.map(({ id }) => id))
  try {
    checkIds(tasks)
    for (const portion of splitTasks(tasks)) await deliver(connection, portion, record, settings)
  } catch (error) {
    if (error instanceof NotAcceptedError) throw error
    throw new NotAcceptedError(messageOf(error), record.progress(), undefined, { cause: error })
  }
  return [...record.progress().ids]
}

async function deliver(
  connection: Connection,
  portion: readonly EncodedNewTask[],
  record: SendRecord,
  settings: SendSettings,
): Promise<void> {
  const { deadlineSeconds, signal, onTry } = settings
  const deadline = new Deadline(deadlineSeconds)
  for (let pending = portion; ; ) {
    if (signal?.aborted) throw stopped(record, signal)
    const begun = performance.now()
    const ask = { method: 'POST', path: '/tasks', body: bodyOf(pending) } as const
    const answer = await connection({ ...ask, timeoutMs: deadline.tryMs, signal })
    const rest = record.note(pending, answer)
    const accepted = pending.length - rest.length
    const reason = rest.length === 0 ? undefined : answer.reason
    onTry?.({ accepted, ms: performance.now() - begun, reason })
    if (rest.length === 0) return
    if (!isPassing(answer)) throw refused(record, rest, answer, settings)
    if (accepted > 0) deadline.renew()
    pending = rest
    if (await deadline.pause(answer.retryAfter, signal)) continue
    throw signal?.aborted ? stopped(record, signal) : gaveUp(record, answer, settings)
  }
}

function refused(
  record: SendRecord,
  request: readonly EncodedNewTask[],
  answer: Answer,
  { endpoint }: SendSettings,
): NotAcceptedError {
  const progress = record.progress()
  const problem = answer.problem && inCall(answer.problem, request)
  const index = progress.ids.length > 1 ? problem?.errors?.[0]?.index : undefined
  const which = typeof index === 'number' ? `task ${index}: ` : ''
  const why = answer.reason.replace(/^(\d+) /, `$1: ${which}`)
  const remedy = answer.status === 403 ? '; these credentials need execute-api:Invoke on it' : ''
  return new NotAcceptedError(`${endpoint} answered ${why}${remedy}`, progress, { ...answer, problem })
}

function gaveUp(record: SendRecord, answer: Answer, settings: SendSettings): NotAcceptedError {
  const { endpoint, deadlineSeconds } = settings
  const progress = record.progress()
  const within = deadlineSeconds === 0 ? '' : ` within ${deadlineSeconds} s`
  const share = `${progress.failed.length} of ${progress.ids.length} tasks`
  return new NotAcceptedError(
    `${endpoint} has not accepted ${share}${within}: ${answer.reason}`,
    progress,
    answer,
  )
}

function stopped(record: SendRecord, { reason }: AbortSignal): NotAcceptedError {
  const progress = record.progress()
  const share = `${progress.failed.length} of ${progress.ids.length} tasks`
  const message = `stopped before ${share} were accepted: ${messageOf(reason)}`
  return new NotAcceptedError(message, progress, undefined, { cause: reason })
}

/** The producer sees one request at a time, and would take the same id in the next one. */
function checkIds(tasks: readonly { readonly id: string }[]): void {
  const first = new Map<string, number>()
  for (const [position, { id }] of tasks.entries()) {
    const earlier = first.get(id)
    if (earlier !== undefined) throw new TypeError(`tasks ${earlier} and ${position} have the same id ${id}`)
    first.set(id, position)
  }
}

/** A problem's indexes count in the request; those of the call's tasks are of use. */
function inCall(problem: Problem, request: readonly EncodedNewTask[]): Problem {
  const at = (index: unknown) => (typeof index === 'number' ? (request[index]?.position ?? index) : null)
  const { errors } = problem
  return {
    ...problem,
    ...('index' in problem ? { index: at(problem['index']) } : {}),
    ...(errors ? { errors: errors.map((error) => ({ ...error, index: at(error.index) })) } : {}),
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
