import {
  GetQueryResultsCommand,
  type GetQueryResultsResponse,
  type ResultField,
  StartQueryCommand,
  StopQueryCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { wait } from '../wait.ts'
import type { Aws } from './aws.ts'
import type { Times } from './task-records.ts'

/** The most rows that a query gives: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html */
export const maxRows = 10_000
/** The most log groups of a query: as above. */
const maxGroups = 50
const pollMs = [200, 300, 500, 1_000]

/** What a query of CloudWatch Logs Insights gave. */
export interface Insight {
  readonly rows: readonly Readonly<Record<string, string>>[]
  /** Lines that the query's filters let through, whatever its limit. */
  readonly matched: number
  readonly bytesScanned: number
}

/**
 * Runs a query and waits for all that it gives. When `signal` fires, AWS is told to stop it.
 * @throws Error, one sentence: stopped, or what AWS said
 */
export async function runQuery(
  aws: Aws,
  groups: readonly string[],
  query: string,
  times: Times,
  signal: AbortSignal,
): Promise<Insight> {
  const parts = Array.from({ length: Math.ceil(groups.length / maxGroups) }, (_, index) =>
    groups.slice(index * maxGroups, (index + 1) * maxGroups),
  )
  const insights = await Promise.all(parts.map((part) => runOne(aws, part, query, times, signal)))
  return {
    rows: insights.flatMap(({ rows }) => rows),
    matched: insights.reduce((sum, { matched }) => sum + matched, 0),
    bytesScanned: insights.reduce((sum, { bytesScanned }) => sum + bytesScanned, 0),
  }
}

async function runOne(
  aws: Aws,
  logGroupNames: readonly string[],
  queryString: string,
  { from, to }: Times,
  signal: AbortSignal,
): Promise<Insight> {
  signal.throwIfAborted()
  const seconds = { startTime: Math.floor(from / 1_000), endTime: Math.ceil(to / 1_000) }
  const { queryId } = await aws.ask('searching the logs', () =>
    aws.logs.send(new StartQueryCommand({ logGroupNames: [...logGroupNames], queryString, ...seconds })),
  )
  let ended = false
  try {
    for (let polls = 0; ; polls += 1) {
      await wait(pollMs[Math.min(polls, pollMs.length - 1)] ?? 0, signal)
      signal.throwIfAborted()
      const answer = await aws.ask('searching the logs', () =>
        aws.logs.send(new GetQueryResultsCommand({ queryId })),
      )
      if (answer.status === 'Scheduled' || answer.status === 'Running') continue
      ended = true
      if (answer.status !== 'Complete')
        throw new Error(`the search of the logs ended as ${answer.status}: ${queryString}`)
      return insight(answer)
    }
  } finally {
    // it would go on, and be paid for
    if (!ended) await aws.logs.send(new StopQueryCommand({ queryId })).catch(() => undefined)
  }
}

function insight({ results = [], statistics }: GetQueryResultsResponse): Insight {
  return {
    rows: results.map(fieldsOf),
    matched: statistics?.recordsMatched ?? results.length,
    bytesScanned: statistics?.bytesScanned ?? 0,
  }
}

function fieldsOf(row: readonly ResultField[]): Readonly<Record<string, string>> {
  return Object.fromEntries(row.map(({ field = '', value = '' }) => [field, value]))
}
