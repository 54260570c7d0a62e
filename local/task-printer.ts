import { isLastTry } from '../services/contract/dead-letter.ts'
import type { TaskLogLine } from '../services/contract/log.ts'
import { retryDefaults } from '../services/contract/topology.ts'

/** The lines of `npm run dev`. */
export interface TaskPrinter {
  /** As {@link describeTask}. */
  print(line: TaskLogLine, comesBack: boolean, by: string): void
  stop(): void
}

/** A terminal that scrolls faster than this says nothing, and takes time from the workers. */
const linesPerSecond = 50

/** Prints a line for each task; of those that were done no more than can be read, and how many the others were. */
export function createTaskPrinter(): TaskPrinter {
  let printed = 0
  let others = 0
  const timer = setInterval(() => {
    if (others > 0) console.log(`... and ${others} more done in this second`)
    printed = others = 0
  }, 1_000)
  return {
    print(line, comesBack, by) {
      if (line.outcome === 'done' && printed >= linesPerSecond) {
        others += 1
        return
      }
      printed += 1
      console.log(describeTask(line, comesBack, by))
    },
    stop: () => clearInterval(timer),
  }
}

/**
 * One line. Of a try that failed it says which it was, why, and whether its task is a dead letter now.
 * @param comesBack whether a failed task is tried again; with automatic acknowledgement it is lost
 * @param by who made it
 */
export function describeTask(line: TaskLogLine, comesBack: boolean, by: string = line.class): string {
  const { time, id, type, durationMs, deliveryCount, outcome, reason } = line
  const { parent, sent, goesOn, laterSeconds } = line
  const from = parent === undefined ? '' : ` from ${parent}`
  const sends = sent === undefined ? '' : `, sent ${sent}${goesOn ? ', goes on' : ''}`
  const later = laterSeconds === undefined ? '' : `, again in ${laterSeconds} s`
  const tries = `try ${deliveryCount + 1} of ${retryDefaults.deliveryLimit + 1}`
  const first = (outcome === 'done' || outcome === 'later') && deliveryCount === 0
  const which = first || !comesBack ? '' : ` (${tries})`
  const dead = comesBack && isLastTry(line) ? ', now a dead letter' : ''
  const why = reason === undefined ? '' : `: ${reason.replaceAll(/\s*\n\s*/g, ' ')}`
  return `${time.slice(11, 19)} ${by} ${type} ${id}${from} ${durationMs} ms ${outcome}${sends}${later}${which}${dead}${why}`
}
