import type { TaskLogLine } from '../../../services/contract/log.ts'
import { optimum } from './optimum.ts'

/** The two worker classes of a local run. They differ in SLEEP_FACTOR only. */
export const workerClasses = ['slow', 'fast'] as const
export type WorkerClass = (typeof workerClasses)[number]
export type PerClass<Value> = Readonly<Record<WorkerClass, Value>>

/** What was seen while an experiment ran, times in milliseconds since 1970. */
export interface Observation {
  /** Lengths of the tasks on a worker of factor 1, in milliseconds, by id, in the order in which they were published. */
  readonly lengths: ReadonlyMap<string, number>
  /** Every line that the workers wrote for one of these tasks, in no particular order. */
  readonly lines: readonly TaskLogLine[]
  /** SLEEP_FACTOR of each class. */
  readonly factors: PerClass<number>
  /** The best possible makespan, where the two workers have not one queue; else it is worked out. */
  readonly optimumMs?: number | undefined
  /** When each worker began to consume. */
  readonly consumingAt: PerClass<number>
  /** When the slow worker was killed. */
  readonly killedAt?: number | undefined
  /** Tasks that the broker still had when the workers had stopped, dead letters included. */
  readonly left: number
}

/** One try of a task as it is drawn. Times are in milliseconds since the first task started. */
export interface Bar {
  readonly task: string
  /** Place in the order of publication, from 1. */
  readonly number: number
  /** Its id without its number: who sent it, where several did. */
  readonly sender: string
  readonly worker: WorkerClass
  readonly start: number
  readonly end: number
  /** `repeated`: a try after one that failed. `interrupted`: what the killed worker was at. */
  readonly kind: 'done' | 'repeated' | 'failed' | 'interrupted'
}

/** Whether it is of a tenant that sends little: its ids are `quiet-<tenant>-<number>`. */
export function isQuiet({ sender }: Bar): boolean {
  return sender.startsWith('quiet-')
}

/** What an experiment came to: counted from the workers' lines and the broker's own count of what is left. */
export interface Facts {
  readonly tasks: number
  /** Tasks by the worker that did them (did them first, where there are two). */
  readonly split: PerClass<number>
  /** Time that each worker spent on tasks, in milliseconds. */
  readonly busyMs: PerClass<number>
  /** Published and confirmed, but neither done nor still at the broker. */
  readonly lost: number
  /** Done more than once. */
  readonly duplicated: number
  /** Given to a worker again after a failed try. */
  readonly repeated: number
  readonly left: number
  /** From the start of the first task to the end of the last. */
  readonly makespanMs: number
  /** The best possible makespan of all these tasks on these workers, for the time that they were there. */
  readonly optimumMs: number
  readonly bars: readonly Bar[]
  /** When each worker began to consume, and when the slow one was killed, since the first start; not below 0. */
  readonly joinedMs: PerClass<number>
  readonly killedMs?: number | undefined
}

/** Counts what was seen. */
export function factsOf(seen: Observation): Facts {
  const starts = seen.lines.map((line) => Date.parse(line.startedAt))
  const origin = starts.length === 0 ? 0 : Math.min(...starts)
  const since = (time: number) => Math.max(0, time - origin)
  const killedMs = seen.killedAt === undefined ? undefined : since(seen.killedAt)
  const joinedMs = { slow: since(seen.consumingAt.slow), fast: since(seen.consumingAt.fast) }
  const bars = barsOf(seen, origin)
  const done = bars.filter(({ kind }) => kind === 'done' || kind === 'repeated')
  const first = new Map(done.toReversed().map((bar) => [bar.task, bar]))
  return {
    tasks: seen.lengths.size,
    split: perClass((name) => [...first.values()].filter(({ worker }) => worker === name).length),
    busyMs: perClass((name) =>
      sum(done.filter(({ worker }) => worker === name).map(({ start, end }) => end - start)),
    ),
    lost: Math.max(0, seen.lengths.size - first.size - seen.left),
    duplicated: [...first.keys()].filter((task) => done.filter((bar) => bar.task === task).length > 1).length,
    repeated: new Set(seen.lines.filter(({ deliveryCount }) => deliveryCount > 0).map(({ id }) => id)).size,
    left: seen.left,
    makespanMs: Math.max(0, ...done.map(({ end }) => end)),
    optimumMs:
      seen.optimumMs ??
      optimum(
        [...seen.lengths.values()],
        [
          {
            factor: seen.factors.slow,
            from: joinedMs.slow,
            ...(killedMs === undefined ? {} : { until: killedMs }),
          },
          { factor: seen.factors.fast, from: joinedMs.fast },
        ],
      ),
    bars: [...bars, ...interrupted(bars, killedMs)],
    joinedMs,
    killedMs,
  }
}

/** One value for each class. */
export function perClass<Value>(value: (name: WorkerClass) => Value): PerClass<Value> {
  return { slow: value('slow'), fast: value('fast') }
}

function barsOf({ lines, lengths }: Observation, origin: number): Bar[] {
  const order = [...lengths.keys()]
  return lines
    .map((line): Bar => {
      const start = Date.parse(line.startedAt) - origin
      return {
        task: line.id,
        number: order.indexOf(line.id) + 1,
        sender: line.id.replace(/-\d+$/, ''),
        worker: line.class === 'slow' ? 'slow' : 'fast',
        start,
        end: start + line.durationMs,
        kind: line.outcome !== 'done' ? 'failed' : line.deliveryCount > 0 ? 'repeated' : 'done',
      }
    })
    .toSorted((a, b) => a.start - b.start)
}

/** A killed worker writes no line for what it was at: that began when its last task ended. */
function interrupted(bars: readonly Bar[], killedMs: number | undefined): Bar[] {
  const last = bars.findLast(({ worker }) => worker === 'slow')
  if (killedMs === undefined || last === undefined || killedMs <= last.end) return []
  return [
    {
      ...{ task: '', number: 0, sender: '', worker: 'slow' },
      ...{ start: last.end, end: killedMs, kind: 'interrupted' },
    },
  ]
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
