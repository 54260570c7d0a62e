import type { TaskLogLine } from '../services/contract/log.ts'
import { type Crew, startCrew } from './crew.ts'
import { modes } from './crew-settings.ts'
import { Tally } from './page/tally.ts'
import type { LogRecord } from './service-process.ts'
import { openOtherLines, openTaskLog } from './task-log.ts'
import type { WorkQueue } from './work-queue.ts'

/** A queue of `npm run dev` with its workers, and what they have done. */
export interface ServedQueue extends Pick<WorkQueue, 'readFigures'> {
  readonly queue: WorkQueue
  readonly crew: Crew
  readonly tally: Tally
  /** Lets the workers finish, and removes the queue's users. */
  stop(): Promise<void>
}

/** What is told of all queues. */
export interface Reporter {
  /**
   * @param comesBack whether a failed task is tried again
   * @param by the worker's class, with its queue's name where that is not the default one
   */
  task(line: TaskLogLine, comesBack: boolean, by: string): void
  /** Every other line of a service's log, and the folder of the build that wrote it. */
  record(record: LogRecord, by: string, bundle: string): void
  /** What else a service prints. */
  text(line: string, by: string): void
}

/** Starts workers for a queue. */
export function serveQueue(
  queue: WorkQueue,
  bundle: string,
  label: (name: string) => string,
  reporter: Reporter,
  inspectPort?: number,
): ServedQueue {
  const tally = new Tally()
  const log = openTaskLog(queue.name)
  const otherLines = openOtherLines(queue.name)
  const crew = startCrew(
    bundle,
    queue,
    {
      task(line, by) {
        log.append(line)
        reporter.task(line, modes[by.mode].ack === 'manual', label(by.class))
        tally.task(line, by)
      },
      record(record, by, built) {
        if (typeof record['id'] === 'string') otherLines.append({ ...record, '@from': by.class })
        reporter.record(record, label(by.class), built)
        tally.record(record, by)
      },
      text: (line, by) => reporter.text(line, label(by.class)),
      ended(by, how) {
        // it comes back with the next change
        if (how !== undefined) console.error(`a ${label(by.class)} worker ended: ${how}`)
        tally.ended(by)
      },
    },
    inspectPort,
  )
  return {
    queue,
    crew,
    tally,
    readFigures: queue.readFigures,
    async stop() {
      await crew.stop()
      log.close()
      otherLines.close()
      await queue.remove()
    },
  }
}
