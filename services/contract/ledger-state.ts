import type { TaskRecord, TaskStatus } from './ledger.ts'

/**
 * What became of a task, by what the ledger has of it.
 * @returns undefined where it has nothing
 */
export function statusOf(id: string, record: TaskRecord): TaskStatus | undefined {
  const { accepted, try: begun, progress, end } = record
  const first = accepted ?? begun ?? end
  if (first === undefined) return undefined
  const ended = hasEnded(record) ? end : undefined
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

/**
 * Whether the end is the last that happened. By the ids of the tries and not by times: of two tries at once, one may end
 * while the other still runs. What is done or cancelled stays so, whoever tries it again.
 */
function hasEnded({ try: begun, end }: TaskRecord): boolean {
  if (end === undefined) return false
  if (end.state === 'done' || end.state === 'cancelled') return true
  return begun === undefined || begun.tryId === end.tryId
}

const iso = (time: number) => new Date(time).toISOString()
