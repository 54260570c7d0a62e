import type { TaskLogLine } from './log.ts'
import { retryDefaults } from './topology.ts'

const atOnce = new Set<TaskLogLine['outcome']>(['permanent-failure', 'unreadable'])
const afterTheLastTry = new Set<TaskLogLine['outcome']>([
  'failed',
  'timed-out',
  'thread-died',
  'unknown-type',
])

/** Whether this try made its task a dead letter. Of a try that was lost with its connection, no line tells. */
export function isLastTry({ outcome, deliveryCount }: TaskLogLine): boolean {
  return atOnce.has(outcome) || (afterTheLastTry.has(outcome) && deliveryCount >= retryDefaults.deliveryLimit)
}
