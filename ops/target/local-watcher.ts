import { setTimeout } from 'node:timers/promises'
import { sleepFactors } from '../../local/crew-settings.ts'
import type { LocalEnvironment } from '../../local/local-file.ts'
import { askQueueDepth } from '../../local/producer-process.ts'
import { followTaskLog } from '../../local/task-log.ts'
import { type TaskLogLine, unfailing } from '../../services/contract/log.ts'
import { NoFiguresError, type QueueFigures, readQueue } from '../../services/probe/figures.ts'
import { percentilesOf } from '../figures.ts'
import type { ClassLook, QueueLook, Watcher } from './look.ts'

const windowSeconds = 60
/** RabbitMQ's own default: collect_statistics_interval. */
const measuredEvery = 5
const samples = 120
const waitMs = 250
/** A minute of 1,000 tasks a second. */
const tailBytes = 24 * 1024 * 1024

/** What is kept of a try: a minute has many. */
interface EndedTry {
  readonly class: string
  /** Of its log line: ISO 8601. */
  readonly time: string
  readonly done: boolean
  readonly failed: boolean
  /** Undefined for a retry, and where it is not known. */
  readonly waitMs: number | undefined
}

/** The management API's figures, what is ready by passive declare, and what the task log says of the last minute. */
export function watchLocal({ endpoint, managementUrl, vhost, queue, probe }: LocalEnvironment): Watcher {
  const follow = followTaskLog(queue, tailBytes)
  let recent: EndedTry[] = []
  let backlog: readonly number[] = []
  return {
    everySeconds: 1,
    async look() {
      const [measured, now] = await Promise.all([
        firstFigures(() => readQueue({ url: managementUrl, ...probe }, vhost, queue)),
        // while the producer restarts, the measured ones have to do
        askQueueDepth(endpoint, AbortSignal.timeout(5_000), queue).catch(() => undefined),
      ])
      const figures = { ...measured, ...now }
      const asOf = Date.now()
      const from = new Date(asOf - windowSeconds * 1_000).toISOString()
      for (const line of follow()) recent.push(endedTry(line))
      // they are in the order of their times, but for some milliseconds
      const first = recent.findIndex(({ time }) => time >= from)
      recent = first === -1 ? [] : recent.slice(first)
      backlog = [...backlog, figures.ready + figures.inFlight].slice(-samples)
      return {
        asOf,
        measuredEvery,
        queue: queueLook(figures),
        classes: classesOf(figures.consumerTags, recent),
        windowSeconds,
        backlog,
        minutes: [],
      }
    },
  }
}

/** RabbitMQ has figures of a new queue after some seconds: whoever asks right after the start waits for them. */
async function firstFigures(read: () => Promise<QueueFigures>): Promise<QueueFigures> {
  for (let waits = (2 * measuredEvery * 1_000) / waitMs; ; waits -= 1) {
    try {
      return await read()
    } catch (error) {
      if (!(error instanceof NoFiguresError) || waits <= 0) throw error
      await setTimeout(waitMs)
    }
  }
}

function endedTry({ class: name, time, outcome, deliveryCount, waitMs }: TaskLogLine): EndedTry {
  const known = deliveryCount === 0 && waitMs !== null
  return {
    class: name,
    time,
    done: outcome === 'done',
    failed: !unfailing.includes(outcome),
    waitMs: known ? waitMs : undefined,
  }
}

function queueLook({ consumerTags, ackedPerSecond, justResumed, ...figures }: QueueFigures): QueueLook {
  return figures
}

function classesOf(consumerTags: readonly string[], tries: readonly EndedTry[]): ClassLook[] {
  // <class>.<worker>.<slot>
  const tags = Map.groupBy(consumerTags, (tag) => tag.slice(0, tag.indexOf('.')))
  const work = Map.groupBy(tries, (one) => one.class)
  return [...new Set([...tags.keys(), ...work.keys()])].toSorted().map((name) => {
    const slots = tags.get(name) ?? []
    const own = work.get(name) ?? []
    const done = own.filter((one) => one.done).length
    const waits = percentilesOf(own.map(({ waitMs }) => waitMs).filter((ms) => ms !== undefined))
    const [p50, p95] = [waits(50), waits(95)]
    return {
      name,
      running: new Set(slots.map((tag) => tag.slice(0, tag.lastIndexOf('.')))).size,
      desired: undefined,
      slots: slots.length,
      capacity: slots.length / slowness(name),
      done,
      failed: own.filter((one) => one.failed).length,
      waitMs: p50 === undefined || p95 === undefined ? undefined : { p50, p95 },
    }
  })
}

/** How much longer than elsewhere a sleep task takes in a class. */
function slowness(name: string): number {
  const factors: Readonly<Record<string, number>> = sleepFactors
  return factors[name] ?? 1
}
