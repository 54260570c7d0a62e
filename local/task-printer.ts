import { isLastTry } from '../services/contract/dead-letter.ts'
import type { TaskLogLine } from '../services/contract/log.ts'
import { retryDefaults } from '../services/contract/topology.ts'
import { createLineLimit } from './line-limit.ts'

/** The lines of `npm run dev`. */
export interface TaskPrinter {
  /** As {@link describeTask}. */
  print(line: TaskLogLine, comesBack: boolean, by: string): void
  stop(): void
}

const linesPerSecond = 50

/** Prints a line for each task; of those that were done no more than can be read, and how many the others were. */
export function createTaskPrinter(): TaskPrinter {
  const limit = createLineLimit(linesPerSecond, (count) => `... and ${count} more done in this second`)
  return {
    print(line, comesBack, by) {
      const text = describeTask(line, comesBack, by)
      if (line.outcome === 'done') limit.print(text)
      else limit.always(text)
    },
    stop: limit.stop,
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
