import { outcomes, unfailing } from '../../services/contract/log.ts'
import { maxRows } from './insights.ts'
import type { TryQuery } from './task-records.ts'

/** The queries of CloudWatch Logs Insights: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html */

const onlyTries = 'filter msg = "task" and ispresent(outcome) and ispresent(startedAt)'
const lines = (...commands: readonly string[]) => commands.join('\n| ')
const literal = (id: string) => id.replaceAll('.', '\\.')

/**
 * As text, since Insights knows no more than 200 fields of a line, and the id may be one of a list. Ids have no letter
 * that means something in a pattern but the dot.
 */
export function namingQuery(id: string): string {
  return lines(
    'fields @message, @log, @logStream',
    `filter @message like /"${literal(id)}"/`,
    'sort @timestamp desc',
    `limit ${maxRows}`,
  )
}

export function triesOfTask(id: string): string {
  return lines(
    'fields @message, @log, @logStream',
    onlyTries,
    `filter @message like /"id":"${literal(id)}"/`,
    'sort @timestamp desc',
    `limit ${maxRows}`,
  )
}

/** Each task by its newest try. After `dedup` nothing but a limit may come. */
export function triesQuery({ idPrefix = '', type, outcome, limit }: TryQuery): string {
  return lines(
    'fields @message, @log, @logStream',
    onlyTries,
    ...(idPrefix === '' ? [] : [`filter @message like /"id":"${literal(idPrefix)}/`]),
    ...(type === undefined ? [] : [`filter type = ${JSON.stringify(type)}`]),
    ...(outcome === undefined ? [] : [`filter outcome = "${outcome}"`]),
    'sort @timestamp desc',
    'dedup id',
    `limit ${limit}`,
  )
}

/** Why tasks failed, each by its newest try that did. */
export const failuresQuery = lines(
  'fields id, outcome, reason',
  `${onlyTries} and outcome in ${JSON.stringify(outcomes.filter((outcome) => !unfailing.includes(outcome)))}`,
  'sort @timestamp desc',
  'dedup id',
  `limit ${maxRows}`,
)
