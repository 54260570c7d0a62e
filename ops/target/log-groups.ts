import { type FilteredLogEvent, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import type { TaskLogLine } from '../../services/contract/log.ts'
import type { Aws } from './aws.ts'
import type { TaskFilter, TaskFollower } from './target.ts'

/** A log line can be found some seconds after it was written, and those of other streams before it. */
const latecomersSeconds = 60

/** The task log of a deployed environment, read again and again. */
export function followTaskLogGroups(
  aws: Aws,
  groups: readonly string[],
  { since, idPrefix }: TaskFilter,
): TaskFollower {
  const seen = new Set<string | undefined>()
  let from = since
  return {
    async read() {
      const begun = Date.now()
      const pattern = `{ $.msg = "task" && $.id = "${idPrefix}*" }`
      const found = await Promise.all(groups.map((group) => findEvents(aws, group, pattern, { from })))
      from = Math.max(since, begun - latecomersSeconds * 1_000)
      const fresh = found.flat().filter(({ eventId }) => !seen.has(eventId))
      for (const { eventId } of fresh) seen.add(eventId)
      return fresh.map(({ message = '' }) => JSON.parse(message) as TaskLogLine)
    },
  }
}

/** All events of a log group that match, page by page. Times are in milliseconds since 1970. */
export async function findEvents(
  aws: Aws,
  logGroupName: string,
  filterPattern: string,
  { from, to }: { readonly from: number; readonly to?: number },
): Promise<readonly FilteredLogEvent[]> {
  const all: FilteredLogEvent[] = []
  let nextToken: string | undefined
  do {
    const page = await aws.ask('reading the task log', () =>
      aws.logs.send(
        new FilterLogEventsCommand({ logGroupName, filterPattern, startTime: from, endTime: to, nextToken }),
      ),
    )
    all.push(...(page.events ?? []))
    nextToken = page.nextToken
  } while (nextToken !== undefined)
  return all
}
