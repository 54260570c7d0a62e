import { isLastTry } from '../../services/contract/dead-letter.ts'
import type { Letter } from '../../services/operator/letter.ts'
import type { Target } from '../target/target.ts'
import {
  isTry,
  type LogFields,
  type Reading,
  type TaskRecord,
  type Times,
  type TryRecord,
} from '../target/task-records.ts'
import { day, timesOf } from './times.ts'

/** Everything that the logs tell of one task. Times are ISO 8601. */
export interface TaskStory {
  readonly id: string
  /** As far as the logs tell: `unknown` where no try of it is in them. */
  readonly state: StoryState
  readonly type?: string
  readonly tenant?: string
  readonly priority?: number
  /** The task that has sent it. */
  readonly parent?: string
  /** When it was accepted or, sent for later, due, by the first of its tries that are known; null where none says. */
  readonly acceptedAt: string | null
  readonly endedAt?: string
  readonly traceId?: string
  readonly traceUrl?: string
  /** The first one first. */
  readonly tries: readonly StoryTry[]
  /** What was written of it at other times than while it was tried. */
  readonly lines: readonly StoryLine[]
  readonly children: readonly StoryChild[]
  /** In the dead-letter queue; null where it is in none, undefined where nobody looked. */
  readonly deadLetter?: Letter | null
  /** How many more lines there are than were read. */
  readonly more: number
  readonly reading: Reading
}

/**
 * `failed`: another try comes, or the last one was lost with its connection. `waiting`: it was put off, handed back, or
 * goes on with its next slice.
 */
export type StoryState = 'done' | 'dead' | 'cancelled' | 'failed' | 'waiting' | 'unknown'

export interface StoryTry
  extends Pick<
    TryRecord['record'],
    | 'class'
    | 'worker'
    | 'slot'
    | 'startedAt'
    | 'waitMs'
    | 'durationMs'
    | 'deliveryCount'
    | 'outcome'
    | 'reason'
    | 'sent'
    | 'goesOn'
    | 'laterSeconds'
    | 'traceId'
  > {
  readonly queue: string
  readonly endedAt: string
  /** Its task had been a dead letter before: it was redriven, or sent once more under the same id. */
  readonly again?: true
  /** It made its task a dead letter. */
  readonly last?: true
  /** What was written meanwhile, by the handler above all. */
  readonly lines: readonly StoryLine[]
}

export interface StoryLine {
  readonly time: string
  readonly level: string
  readonly msg: string
  /** All other fields, without the task's id, type and trace. */
  readonly fields: Readonly<Record<string, unknown>>
}

/** A task that this one has sent, by its newest try. One that was never tried is in no log. */
export interface StoryChild {
  readonly id: string
  readonly type: string
  readonly tries: number
  readonly outcome: string
  readonly endedAt: string
}

export interface StoryOptions extends Partial<Times> {
  readonly signal: AbortSignal
  /** Whether the dead-letter queues are looked through for it. @default false */
  readonly deadLetter?: boolean
}

/**
 * The story of a task, from the logs of all queues of an environment.
 * @param options without times, of the last 24 hours
 * @throws Error, one sentence, when the logs cannot be read
 */
export async function storyOf(
  target: Pick<Target, 'taskRecords'>,
  id: string,
  { signal, ...times }: StoryOptions,
): Promise<TaskStory> {
  const { found, more, reading } = await target.taskRecords.naming(id, timesOf(times, day), signal)
  const story = tell(id, found)
  const url = story.traceId && target.taskRecords.traceUrl(story.traceId)
  return { ...story, ...(url ? { traceUrl: url } : {}), more, reading }
}

/** The story that lines tell, in whatever order they are. */
export function tell(id: string, records: readonly TaskRecord[]): Omit<TaskStory, 'more' | 'reading'> {
  const inOrder = records.toSorted((one, other) => one.record.time.localeCompare(other.record.time))
  const own = inOrder.filter(({ record }) => record['id'] === id)
  const triesOfIt = own.filter(isTry)
  const others = own.filter((one) => !isTry(one))
  const placed = new Set<TaskRecord>()
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
    lines: others.filter((one) => !placed.has(one)).map(({ record }) => storyLine(record)),
    children: childrenOf(
      inOrder.filter(isTry).filter(({ record }) => record.parent === id && record.id !== id),
    ),
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
function isDuring({ record, by, stream }: TaskRecord, { record: line, ...attempt }: TryRecord): boolean {
  return (
    by === attempt.by &&
    stream === attempt.stream &&
    record.time >= line.startedAt &&
    record.time <= line.time
  )
}

function storyTry({ record, queue }: TryRecord, lines: readonly TaskRecord[], again: boolean): StoryTry {
  const { class: name, worker, slot, startedAt, waitMs, durationMs, deliveryCount, outcome } = record
  const { reason, sent, goesOn, laterSeconds, traceId } = record
  return {
    ...{
      queue,
      class: name,
      worker,
      slot,
      startedAt,
      endedAt: record.time,
      waitMs,
      durationMs,
      deliveryCount,
    },
    outcome,
    ...(reason === undefined ? {} : { reason }),
    ...(sent === undefined ? {} : { sent }),
    ...(goesOn === undefined ? {} : { goesOn }),
    ...(laterSeconds === undefined ? {} : { laterSeconds }),
    ...(traceId === undefined ? {} : { traceId }),
    ...(again ? { again } : {}),
    ...(isLastTry(record) ? { last: true } : {}),
    lines: lines.map((line) => storyLine(line.record)),
  }
}

function storyLine({ time, level, msg, id: _, type: __, traceId: ___, ...fields }: LogFields): StoryLine {
  return { time, level: String(level ?? 'info'), msg, fields }
}

/** By the tries since it was last redriven: a late double try does not undo what is done. */
function stateAfter(tries: readonly StoryTry[]): StoryState {
  const life = tries.slice(
    Math.max(
      0,
      tries.findLastIndex(({ again }) => again),
    ),
  )
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
