import { expect } from 'vitest'
import type { Account } from './aws-stand-in.ts'

/** A line in a log group. */
export interface Event {
  readonly group: string
  readonly stream?: string
  readonly message: string
}

/** A query that was started. */
export interface StartedQuery {
  readonly logGroupNames: readonly string[]
  readonly queryString: string
  /** Unix seconds. */
  readonly startTime: number
  readonly endTime: number
}

type Row = Readonly<Record<string, string>>

/**
 * Makes an account answer CloudWatch Logs Insights: it executes the queries on these lines, whose `time` is when they came
 * in. Each is running at the first question. Of the language it knows what AWS documents and the commands use, and
 * refuses all else: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
 * @param endless no query ever ends
 */
export function answerInsights(account: Account, events: readonly Event[], endless = false) {
  const started: StartedQuery[] = []
  const stopped: string[] = []
  const asked = new Map<string, number>()
  const answers = {
    StartQuery: (body: string) => {
      started.push(JSON.parse(body))
      return { body: { queryId: `query-${started.length}` } }
    },
    GetQueryResults: (body: string) => {
      const { queryId } = JSON.parse(body) as { queryId: string }
      const times = (asked.get(queryId) ?? 0) + 1
      asked.set(queryId, times)
      if (endless || times === 1) return { body: { status: 'Running', results: [] } }
      const query = started[Number(queryId.replace('query-', '')) - 1]
      return { body: { status: 'Complete', ...execute(query ?? expect.fail(`no ${queryId}`), events) } }
    },
    StopQuery: (body: string) => {
      stopped.push(JSON.parse(body).queryId)
      return { body: { success: true } }
    },
  }
  account.answers = { ...account.answers, ...answers }
  return { started, stopped }
}

function execute({ logGroupNames, queryString, startTime, endTime }: StartedQuery, events: readonly Event[]) {
  expect(logGroupNames.length).toBeLessThanOrEqual(50)
  const scanned = events.filter(({ group, message }) => {
    const time = Date.parse(JSON.parse(message).time) / 1_000
    return logGroupNames.includes(group) && time >= startTime && time <= endTime
  })
  let rows = scanned.map(rowOf)
  let matched = rows.length
  let fields: readonly string[] = []
  let before = ''
  for (const command of queryString.split(/\n\| /)) {
    const [, verb = '', rest = ''] = /^(\w+) (.*)$/s.exec(command) ?? expect.fail(command)
    if (before === 'dedup') expect(verb, 'AWS lets nothing but a limit follow a dedup').toBe('limit')
    if (verb === 'fields') fields = rest.split(', ')
    else if (verb === 'filter') {
      rows = rows.filter(condition(rest))
      matched = rows.length
    } else if (verb === 'sort') rows = sorted(rows, rest)
    else if (verb === 'dedup')
      rows = [...new Map(rows.toReversed().map((row) => [row[rest], row])).values()].toReversed()
    else if (verb === 'limit') rows = rows.slice(0, limit(rest))
    else expect.fail(`the stand-in does not know the command ${verb}`)
    before = verb
  }
  const results = rows.map((row) =>
    fields.flatMap((field) => (row[field] === undefined ? [] : [{ field, value: row[field] }])),
  )
  const bytesScanned = scanned.reduce((sum, { message }) => sum + message.length, 0)
  return { results, statistics: { recordsMatched: matched, recordsScanned: scanned.length, bytesScanned } }
}

/** Fields of JSON are discovered, up to 200 of them. */
function rowOf({ group, stream = 'stream-1', message }: Event): Row {
  const found = Object.entries(JSON.parse(message) as Record<string, unknown>).slice(0, 200)
  return {
    ...Object.fromEntries(
      found.filter(([, value]) => value !== null).map(([name, value]) => [name, String(value)]),
    ),
    '@timestamp': JSON.parse(message).time,
    '@message': message,
    '@log': `111122223333:${group}`,
    '@logStream': stream,
  }
}

function condition(text: string): (row: Row) => boolean {
  const all = text.split(' and ').map(term)
  return (row) => all.every((holds) => holds(row))
}

function term(text: string): (row: Row) => boolean {
  const [, field = '', pattern] = /^(\S+) like \/(.*)\/$/.exec(text) ?? []
  if (pattern !== undefined) return (row) => new RegExp(pattern).test(row[field] ?? '')
  const [, present] = /^ispresent\((\w+)\)$/.exec(text) ?? []
  if (present !== undefined) return (row) => row[present] !== undefined
  const [, listed = '', not = '', list] = /^(\w+) (not )?in (\[.*\])$/.exec(text) ?? []
  if (list !== undefined) return (row) => JSON.parse(list).includes(row[listed]) !== (not !== '')
  const [, name = '', value] = /^(\w+) = (".*")$/.exec(text) ?? []
  if (value !== undefined) return (row) => row[name] === JSON.parse(value)
  return expect.fail(`the stand-in does not know the condition ${text}`)
}

function sorted(rows: readonly Row[], rest: string): Row[] {
  expect(rest).toBe('@timestamp desc')
  return rows.toSorted((one, other) => (other['@timestamp'] ?? '').localeCompare(one['@timestamp'] ?? ''))
}

function limit(text: string): number {
  expect(Number(text)).toBeLessThanOrEqual(10_000)
  return Number(text)
}
