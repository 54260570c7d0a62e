import type { TaskEnd, TaskRecord, TaskStatus } from './ledger.ts'

/**
 * What became of a task, by what the ledger has of it.
 * @returns undefined where it has nothing
 */
export function statusOf(id: string, record: TaskRecord): TaskStatus | undefined {
  const { accepted, try: begun, progress, end } = record
  const first = accepted ?? begun ?? end
  if (first === undefined) return undefined
  const ended = lastEnd(record)
  const acceptedAt = accepted?.acceptedAt ?? begun?.startedAt ?? end?.startedAt ?? end?.endedAt ?? 0
  const startedAt = ended ? ended.startedAt : begun?.startedAt
  const tryId = ended ? ended.tryId : begun?.tryId
  const parent = accepted?.parent ?? begun?.parent ?? end?.parent
  const said = progress !== undefined && progress.tryId === tryId ? progress : undefined
  return {
    id,
    type: first.type,
    state: ended?.state ?? (begun ? 'running' : 'accepted'),
    tries: (ended ? ended.tries : begun?.number) ?? 0,
    acceptedAt: iso(acceptedAt),
    ...(startedAt === undefined ? {} : { startedAt: iso(startedAt) }),
    ...(ended ? { endedAt: iso(ended.endedAt) } : {}),
    ...(said
      ? { progress: { value: said.value, ...(said.note === undefined ? {} : { note: said.note }) } }
      : {}),
    ...(ended?.result === undefined ? {} : { result: JSON.parse(ended.result) }),
    ...(ended?.reason === undefined ? {} : { reason: ended.reason }),
    ...(parent === undefined ? {} : { parent }),
  }
}

/** The last that happened, if a try is not running. What an operator has done since then counts where the task waits. */
function lastEnd(record: TaskRecord): Omit<TaskEnd, 'id' | 'type'> | undefined {
  const { try: begun, end, cancelled, redriven } = record
  const isEnded = hasEnded(record)
  if (begun && !isEnded) return undefined
  const ended = isEnded ? end : undefined
  if (ended?.state === 'done' || ended?.state === 'cancelled') return ended
  const before = { tries: ended?.tries ?? 0, startedAt: ended?.startedAt }
  const isDead = ended?.state === 'dead' && !(redriven && redriven.at > ended.endedAt)
  if (cancelled && !isDead)
    return { ...before, state: 'cancelled', endedAt: cancelled.at, reason: 'cancelled by an operator' }
  if (ended?.state === 'dead' && !isDead) return { ...before, state: 'accepted', endedAt: ended.endedAt }
  return ended
}

/**
 * Whether the end is the last that happened. Not by the ids of the tries: one that is over soon writes its end only. Of
 * two tries at once, the one that began last counts. What is done or cancelled stays so, whoever tries it again.
 */
function hasEnded({ try: begun, end }: TaskRecord): boolean {
  if (end === undefined) return false
  if (end.state === 'done' || end.state === 'cancelled') return true
  return begun === undefined || begun.tryId === end.tryId || begun.startedAt < (end.startedAt ?? end.endedAt)
}

const iso = (time: number) => new Date(time).toISOString()
