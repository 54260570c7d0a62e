import { orAborted } from '../ops/command-line/lifecycle.ts'
import { isLastTry } from '../services/contract/dead-letter.ts'
import type { TaskLogLine } from '../services/contract/log.ts'
import { retryDefaults } from '../services/contract/topology.ts'
import { buildBundles } from './bundles.ts'
import { type Crew, type CrewWatcher, startCrew } from './crew.ts'
import { modes } from './crew-settings.ts'
import type { NextTime } from './page/frame.ts'
import { startProducer } from './producer-process.ts'
import { startScheduler } from './scheduler-process.ts'
import type { LogRecord } from './service-process.ts'
import { openTaskLog } from './task-log.ts'
import type { WorkQueue } from './work-queue.ts'

/** Producer, workers, and what sends scheduled tasks, each a process. */
export interface Services {
  readonly endpoint: string
  readonly crew: Crew
  /** When each schedule sends its next task. */
  nextTimes(): readonly NextTime[]
  /** Rebuilds, and replaces what runs: the workers finish their tasks first. */
  reload(): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts producer, workers and schedules, and prints what they do.
 * @param port of the producer; undefined for 8080 or the next free one
 * @param watcher is told of the workers too
 */
export async function startServices(
  queue: WorkQueue,
  port: number | undefined,
  watcher: CrewWatcher,
  signal: AbortSignal,
): Promise<Services> {
  let builds = 0
  const bundles = await orAborted(buildBundles(), signal)
  let producer = startProducer(bundles.lambda('producer'), queue, port, say)
  const endpoint = await orAborted(producer.endpoint, signal)
  const scheduled = new Map<string, number>()
  const onNext = ({ schedule, at }: NextTime) => scheduled.set(schedule, at)
  let scheduler = startScheduler(endpoint, onNext, say)
  const log = openTaskLog()
  const printer = taskPrinter()
  const crew = startCrew(bundles.worker, queue, {
    task(line, by) {
      log.append(line)
      printer.print(line, modes[by.mode].ack === 'manual')
      watcher.task(line, by)
    },
    record(record, by) {
      say(record)
      watcher.record(record, by)
    },
    ended(by, how) {
      // it comes back with the next change
      if (how !== undefined) console.error(`a ${by.class} worker ended: ${how}`)
      watcher.ended(by, how)
    },
  })
  return {
    endpoint,
    crew,
    nextTimes: () => [...scheduled].map(([schedule, at]) => ({ schedule, at })),
    async reload() {
      builds += 1
      const bundles = await buildBundles(builds)
      await Promise.all([producer.stop(), scheduler.stop()])
      producer = startProducer(bundles.lambda('producer'), queue, Number(new URL(endpoint).port), say)
      await Promise.all([producer.endpoint, crew.replace(bundles.worker)])
      scheduled.clear()
      scheduler = startScheduler(endpoint, onNext, say)
    },
    async stop() {
      await Promise.all([producer.stop(), crew.stop(), scheduler.stop()])
      printer.stop()
      log.close()
    },
  }
}

/** A terminal that scrolls faster than this says nothing, and takes time from the workers. */
const linesPerSecond = 50

/** Prints a line for each task; of those that were done no more than can be read, and how many the others were. */
function taskPrinter(): { print(line: TaskLogLine, comesBack: boolean): void; stop(): void } {
  let printed = 0
  let others = 0
  const timer = setInterval(() => {
    if (others > 0) console.log(`... and ${others} more done in this second`)
    printed = others = 0
  }, 1_000)
  return {
    print(line, comesBack) {
      if (line.outcome === 'done' && printed >= linesPerSecond) {
        others += 1
        return
      }
      printed += 1
      console.log(describeTask(line, comesBack))
    },
    stop: () => clearInterval(timer),
  }
}

/**
 * One line. Of a try that failed it says which it was, why, and whether its task is a dead letter now.
 * @param comesBack whether a failed task is tried again; with automatic acknowledgement it is lost
 */
export function describeTask(line: TaskLogLine, comesBack: boolean): string {
  const { time, class: name, id, type, durationMs, deliveryCount, outcome, reason } = line
  const { parent, sent, goesOn, laterSeconds } = line
  const from = parent === undefined ? '' : ` from ${parent}`
  const sends = sent === undefined ? '' : `, sent ${sent}${goesOn ? ', goes on' : ''}`
  const later = laterSeconds === undefined ? '' : `, again in ${laterSeconds} s`
  const tries = `try ${deliveryCount + 1} of ${retryDefaults.deliveryLimit + 1}`
  const first = (outcome === 'done' || outcome === 'later') && deliveryCount === 0
  const which = first || !comesBack ? '' : ` (${tries})`
  const dead = comesBack && isLastTry(line) ? ', now a dead letter' : ''
  const why = reason === undefined ? '' : `: ${reason.replaceAll(/\s*\n\s*/g, ' ')}`
  return `${time.slice(11, 19)} ${name} ${type} ${id}${from} ${durationMs} ms ${outcome}${sends}${later}${which}${dead}${why}`
}

/** What else the services write, where it matters. */
function say({ msg, ...record }: LogRecord): void {
  if (record['level'] !== 'warn' && record['level'] !== 'error') return
  const { time, level, ...fields } = record
  // the line of the task says so too: this one has the stack
  if (msg === 'handler threw' && !process.env['WARREN_DEBUG']) return
  console.log(`${String(time).slice(11, 19)} ${level}: ${msg} ${JSON.stringify(fields)}`)
}
