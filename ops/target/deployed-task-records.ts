import { GetMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import { prices } from '../cost/prices.ts'
import type { Aws } from './aws.ts'
import { type Insight, maxRows, runQuery } from './insights.ts'
import { failuresQuery, namingQuery, triesOfTask, triesQuery } from './insights-queries.ts'
import type { LogPlaces } from './log-places.ts'
import { namesTask } from './task-matches.ts'
import { isTry, type Reading, type TaskLine, type TaskRecords, type Times } from './task-records.ts'

const hour = 3_600_000
/** 1 GB as AWS bills it. */
const gigabyte = 2 ** 30

/** The log groups of an environment, searched with CloudWatch Logs Insights. */
export function deployedTaskRecords(
  aws: Aws,
  findPlaces: () => Promise<LogPlaces>,
  traceUrl: TaskRecords['traceUrl'],
): TaskRecords {
  let found: Promise<LogPlaces> | undefined
  const places = () => {
    found ??= findPlaces()
    return found
  }
  const search = async (query: string, times: Times, signal: AbortSignal) => {
    const of = await places()
    const insight = await runQuery(aws, [...of.keys()], query, times, signal)
    return { records: recordsOf(insight, of), insight, reading: reading(insight, of, times) }
  }
  return {
    cost: async (times) => estimate(aws, [...(await places()).keys()], times),
    traceUrl,
    async naming(id, times, signal) {
      const all = await search(namingQuery(id), times, signal)
      const more = all.insight.matched - all.insight.rows.length
      const records = all.records.filter(({ record }) => namesTask(record, id))
      if (more <= 0) return { found: records, more: 0, reading: all.reading }
      // thousands of lines of its handler, or of its children, came after its tries
      const tries = await search(triesOfTask(id), times, signal)
      const others = records.filter((one) => !(isTry(one) && one.record.id === id))
      return {
        found: [...tries.records, ...others],
        more,
        reading: together(all.reading, tries.reading),
      }
    },
    async failures(times, signal) {
      const of = await places()
      const insight = await failuresIn(aws, [...of.keys()], times, signal)
      const found = insight.rows.map(({ id = '', reason, outcome = '' }) => ({
        id,
        error: reason ?? outcome,
      }))
      return { found, more: 0, reading: reading(insight, of, times) }
    },
    async tries(query, signal) {
      const { records, insight, reading } = await search(triesQuery(query), query, signal)
      const more = records.length < query.limit ? 0 : insight.matched - records.length
      return { found: records.filter(isTry).slice(0, query.limit), more, reading }
    },
  }
}

/** As many queries as it takes, since one gives no more than so many rows: then each half of the times has its own. */
async function failuresIn(
  aws: Aws,
  groups: readonly string[],
  times: Times,
  signal: AbortSignal,
): Promise<Insight> {
  const insight = await runQuery(aws, groups, failuresQuery, times, signal)
  const { from, to } = times
  if (insight.rows.length < maxRows || to - from < 2_000) return insight
  const half = from + Math.floor((to - from) / 2_000) * 1_000
  const newer = await failuresIn(aws, groups, { from: half, to }, signal)
  const older = await failuresIn(aws, groups, { from, to: half - 1_000 }, signal)
  return {
    // of a task in both, the newer line counts, since it comes last
    rows: [...older.rows, ...newer.rows],
    matched: insight.matched,
    bytesScanned: insight.bytesScanned + newer.bytesScanned + older.bytesScanned,
  }
}

function recordsOf({ rows }: Insight, places: LogPlaces): TaskLine[] {
  return rows.flatMap(({ '@message': message = '', '@log': log = '', '@logStream': stream = '' }) => {
    // <account>:<log group>
    const { queue = '', by = '' } = places.get(log.slice(log.indexOf(':') + 1)) ?? {}
    const record = parse(message)
    return record === undefined ? [] : [{ record, queue, by, stream }]
  })
}

/** Undefined for what is no line of a service of ours. */
function parse(message: string): TaskLine['record'] | undefined {
  try {
    const record = JSON.parse(message)
    return typeof record?.msg === 'string' && typeof record.time === 'string' ? record : undefined
  } catch {
    return undefined
  }
}

function reading({ bytesScanned }: Insight, places: LogPlaces, { from, to }: Times): Reading {
  return { from, to, places: [...places.keys()], bytes: bytesScanned, usd: usd(bytesScanned) }
}

function together(one: Reading, other: Reading): Reading {
  return { ...one, bytes: one.bytes + other.bytes, usd: one.usd + other.usd }
}

const usd = (bytes: number) => (bytes / gigabyte) * prices['log search'].usd

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html */
async function estimate(aws: Aws, groups: readonly string[], { from, to }: Times) {
  const { MetricDataResults = [] } = await aws.ask('estimating what a search reads', () =>
    aws.cloudWatch.send(
      new GetMetricDataCommand({
        StartTime: new Date(Math.floor(from / hour) * hour),
        EndTime: new Date(Math.ceil(to / hour) * hour),
        MetricDataQueries: groups.map((group, index) => ({
          Id: `group_${index}`,
          MetricStat: {
            Metric: {
              Namespace: 'AWS/Logs',
              MetricName: 'IncomingBytes',
              Dimensions: [{ Name: 'LogGroupName', Value: group }],
            },
            Period: hour / 1_000,
            Stat: 'Sum',
          },
        })),
      }),
    ),
  )
  const bytes = MetricDataResults.flatMap(({ Values = [] }) => Values).reduce((sum, value) => sum + value, 0)
  return { bytes, usd: usd(bytes) }
}
