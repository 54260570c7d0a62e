import { mayBeInQueue } from '../amqp/batch.ts'
import {
  type AcceptanceLedger,
  type AcceptedTask,
  ledgerLimits,
  type Reservation,
  type Reserved,
} from '../contract/ledger.ts'
import type { Logger } from '../contract/log.ts'
import type { PreparedTask } from './request.ts'
import type { Publish, Refusal, Submission } from './submission.ts'

/** A task with the key that it has reserved, if it asks for one. */
interface Recorded {
  readonly task: PreparedTask
  readonly key?: Reservation
  /** Nobody had the key before this request. */
  readonly keyIsNew: boolean
  /** Nobody can have sent a task with this id before. */
  readonly isNew: boolean
}

/**
 * Takes tasks in with a ledger: reserves their `unique` keys, writes that they are accepted, and then publishes. So what
 * is in a queue is known to the ledger, and a request that dies in between leaves a record of a task that was never
 * accepted, or a key that the next request takes over. What the broker has refused is taken back, as far as possible.
 */
export async function submitRecorded(
  ledger: AcceptanceLedger,
  log: Logger,
  tasks: readonly PreparedTask[],
  publish: Publish,
): Promise<Submission> {
  const first = firstOfEachKey(tasks)
  const wanted = [...first.values()].map(reservationOf)
  // who of the others had a key before is not known without an answer
  const surelyNew = [...first.values()].filter(({ idIsNew }) => idIsNew).map(reservationOf)
  const reserved = await ledger.reserve(wanted).catch(away(log))
  if (reserved === undefined) return refused(tasks, ledger, surelyNew)
  const owners = new Map(wanted.map(({ key }, index) => [key, reserved[index]]))
  const ids = tasks.map(({ id, unique }) => (unique && owners.get(unique.key)?.id) ?? id)
  const recorded = toPublish(tasks, first, owners)
  const keys = newKeysOf(recorded)
  const published = recorded.map(({ task }) => task)
  const accepting = ledger.accept(published.map(acceptedTask)).then(() => true, away(log))
  if (!(await accepting)) return refused(tasks, ledger, keys, ids)
  const confirmed = published.length === 0 ? new Map() : await publish(published)
  await settle(ledger, log, recorded, confirmed)
  return { ids, published, outcomes: new Map([...outcomesOf(owners.values()), ...confirmed]) }
}

const away = (log: Logger) => (error: unknown) =>
  void log.error('the ledger does not answer', { reason: String(error) })

/** Of several tasks of a request with the same key, the first may have it. */
function firstOfEachKey(tasks: readonly PreparedTask[]): Map<string, PreparedTask> {
  const first = new Map<string, PreparedTask>()
  for (const task of tasks) if (task.unique && !first.has(task.unique.key)) first.set(task.unique.key, task)
  return first
}

const reservationOf = ({ id, unique }: PreparedTask): Reservation => ({
  key: unique?.key ?? '',
  id,
  seconds: unique?.seconds ?? ledgerLimits.uniqueSeconds,
})

/** Those whose key is theirs, and those without one, each id once. */
function toPublish(
  tasks: readonly PreparedTask[],
  first: ReadonlyMap<string, PreparedTask>,
  owners: ReadonlyMap<string, Reserved | undefined>,
): Recorded[] {
  const byId = new Map<string, Recorded>()
  for (const task of tasks) {
    const { unique, id, idIsNew } = task
    const owner = unique && owners.get(unique.key)
    if (unique && (owner?.state !== 'ours' || first.get(unique.key) !== task)) continue
    const named = owner ? renamed(task, owner.id) : task
    const key = unique && { ...reservationOf(task), id: named.id }
    if (!byId.has(named.id))
      byId.set(named.id, {
        task: named,
        keyIsNew: owner?.isNew === true,
        isNew: idIsNew && named.id === id,
        ...(key && { key }),
      })
  }
  return [...byId.values()]
}

/**
 * Those that may be released. A task of the request before, with the same key and id, may be in the queue: without the
 * key, another one would follow it.
 */
const newKeysOf = (recorded: readonly Recorded[]): Reservation[] =>
  recorded.flatMap(({ key, keyIsNew }) => (key && keyIsNew ? [key] : []))

const renamed = (task: PreparedTask, id: string): PreparedTask =>
  id === task.id ? task : { ...task, id, properties: { ...task.properties, messageId: id } }

const acceptedTask = ({ id, type, dueAt }: PreparedTask): AcceptedTask => ({
  id,
  type,
  acceptedAt: Date.now(),
  dueAt,
})

/** Keys of what is in a queue are used up, new ones of the rest are free again; records of what was refused go. */
async function settle(
  ledger: AcceptanceLedger,
  log: Logger,
  recorded: readonly Recorded[],
  outcomes: Awaited<ReturnType<Publish>>,
): Promise<void> {
  const ofThose = (wanted: (outcome: string | undefined) => boolean) =>
    recorded.filter(({ task: { id } }) => wanted(outcomes.get(id)))
  const confirmed = ofThose((outcome) => outcome === 'confirmed').flatMap(({ key }) => key ?? [])
  const isRefused = (outcome: string | undefined) =>
    outcome !== 'confirmed' && !mayBeInQueue.has(outcome as never)
  const refused = ofThose(isRefused)
  const keys = newKeysOf(refused)
  // of an id that was sent before, a task may be in the queue
  const unknown = refused.flatMap(({ task: { id }, isNew }) => (isNew ? [id] : []))
  await Promise.all([
    // the task is accepted all the same: after a while the next request with the key publishes it under the same id
    confirmed.length > 0 && ledger.confirm(confirmed).catch(away(log)),
    keys.length > 0 && ledger.release(keys),
    unknown.length > 0 && ledger.withdraw(unknown),
  ])
}

/** What is known of tasks that others have published, or try to. */
const outcomesOf = (owners: Iterable<Reserved | undefined>): [string, 'confirmed' | Refusal][] =>
  [...owners].flatMap((owner): [string, 'confirmed' | Refusal][] => {
    if (owner === undefined || owner.state === 'ours') return []
    return [[owner.id, owner.state === 'published' ? 'confirmed' : 'unique key in use']]
  })

/** Nothing is published where the ledger is away. */
async function refused(
  tasks: readonly PreparedTask[],
  ledger: AcceptanceLedger,
  keys: readonly Reservation[],
  ids: readonly string[] = tasks.map(({ id }) => id),
): Promise<Submission> {
  if (keys.length > 0) await ledger.release(keys)
  return { ids, published: tasks, outcomes: new Map(ids.map((id) => [id, 'no ledger'])) }
}
