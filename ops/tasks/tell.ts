import { isLastTry } from '../../services/contract/dead-letter.ts'
import { isTry, type TaskLine, type TryRecord } from '../target/task-records.ts'
import type { StoryChild, StoryLine, StoryState, StoryTry, TaskStory } from './task-story.ts'

/** The story that lines tell, in whatever order they are. */
export function tell(id: string, records: readonly TaskLine[]): Omit<TaskStory, 'more' | 'reading'> {
  const inOrder = records.toSorted((one, other) => one.record.time.localeCompare(other.record.time))
  const allTries = inOrder.filter(isTry)
  const triesOfIt = allTries.filter(({ record }) => record.id === id)
  const others = inOrder.filter((one) => !isTry(one))
  const placed = new Set<TaskLine>()
  const tries = triesOfIt.map((one, index) => {
    const mine = others.filter((other) => !placed.has(other) && isDuring(other, one))
    for (const other of mine) placed.add(other)
    const before = triesOfIt[index - 1]
    return storyTry(one, mine, before !== undefined && isLastTry(before.record))
  })
  const [first] = triesOfIt
  const last = triesOfIt.at(-1)
  return {
    id,
    state: stateAfter(tries),
    ...(first === undefined ? {} : factsOf(first.record)),
    acceptedAt: triesOfIt.map(({ record }) => record.queuedAt).find((time) => time !== null) ?? null,
    ...(last === undefined ? {} : { endedAt: last.record.time }),
    tries,
    lines: others.filter((one) => !placed.has(one)).map(storyLine),
    children: childrenOf(allTries.filter(({ record }) => record.id !== id)),
  }
}

function factsOf({ type, tenant, priority, parent, traceId }: TryRecord['record']) {
  return {
    ...{ type, priority },
    ...(tenant === undefined ? {} : { tenant }),
    ...(parent === undefined ? {} : { parent }),
    ...(traceId === undefined ? {} : { traceId }),
  }
}

/** Two tries overlap where a worker has lost its connection: then the process decides. */
function isDuring({ record, by, stream }: TaskLine, { record: line, ...attempt }: TryRecord): boolean {
  return (
    by === attempt.by &&
    stream === attempt.stream &&
    record.time >= line.startedAt &&
    record.time <= line.time
  )
}

function storyTry({ record, queue }: TryRecord, lines: readonly TaskLine[], again: boolean): StoryTry {
  const { time, level, msg, id, type, priority, tenant, parent, queuedAt, ...facts } = record
  return {
    ...facts,
    ...{ queue, endedAt: time },
    ...(again ? { again } : {}),
    ...(isLastTry(record) ? { last: true } : {}),
    lines: lines.map(storyLine),
  }
}

function storyLine({ record, by }: TaskLine): StoryLine {
  const { time, level, msg, id: _, type: __, traceId: ___, ids: ____, request, ...fields } = record
  const asked = by === 'operator' ? askedOf(request) : undefined
  const line = { time, by, level: String(level ?? 'info') }
  if (asked !== undefined) return { ...line, msg: asked, fields: {} }
  return { ...line, msg, fields: { ...fields, ...(request === undefined ? {} : { request }) } }
}

/** What an operator asked of several tasks by their ids. */
function askedOf(request: unknown): string | undefined {
  const { action, undo, dryRun } = (request ?? {}) as Readonly<Record<string, unknown>>
  if (action === 'cancel')
    return undo ? 'an operator took it off the list of cancelled tasks' : 'an operator cancelled it'
  return action === 'redrive' && !dryRun ? 'an operator redrove it' : undefined
}

/** By the tries since it was last redriven: a late double try does not undo what is done. */
function stateAfter(tries: readonly StoryTry[]): StoryState {
  const begin = tries.findLastIndex(({ again }) => again)
  const life = tries.slice(Math.max(0, begin))
  const last = life.at(-1)
  if (last === undefined) return 'unknown'
  if (life.some(({ outcome, goesOn }) => outcome === 'done' && !goesOn)) return 'done'
  if (life.some(({ outcome }) => outcome === 'cancelled')) return 'cancelled'
  if (life.some(({ last }) => last)) return 'dead'
  const waits = ['later', 'handed-back', 'consumer-timeout', 'done']
  return waits.includes(last.outcome) ? 'waiting' : 'failed'
}

function childrenOf(tries: readonly TryRecord[]): readonly StoryChild[] {
  return [...Map.groupBy(tries, ({ record }) => record.id)].flatMap(([id, all]) => {
    const newest = all.at(-1)?.record
    if (newest === undefined) return []
    return { id, type: newest.type, tries: all.length, outcome: newest.outcome, endedAt: newest.time }
  })
}
