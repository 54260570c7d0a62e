import { createReadStream, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { logFiles } from '../../local/task-log.ts'
import { unfailing } from '../../services/contract/log.ts'
import { asAsked, namesTask } from './task-matches.ts'
import {
  isTry,
  type LogFields,
  type Reading,
  type TaskLine,
  type TaskRecords,
  type Times,
} from './task-records.ts'

/** Lines that are shown of one task: see the deployed ones. */
const maxRecords = 10_000

/** The files in which `npm run dev` keeps what its workers write. */
export function localTaskRecords(queues: readonly string[]): TaskRecords {
  return {
    cost: async () => undefined,
    traceUrl: () => undefined,
    failures: (times, signal) => localFailures(queues, times, signal),
    async naming(id, times, signal) {
      const found: TaskLine[] = []
      let more = 0
      const reading = await readAll(
        queues,
        times,
        signal,
        (text) => text.includes(`"${id}"`),
        (one) => {
          if (!namesTask(one.record, id)) return
          if (found.length < maxRecords || isTry(one)) found.push(one)
          else more += 1
        },
      )
      return { found, more, reading }
    },
    async tries(query, signal) {
      const newest = new Map<string, TaskLine>()
      const ids = new Set<string>()
      const reading = await readAll(
        queues,
        query,
        signal,
        (text) => text.includes('"msg":"task"'),
        (one) => {
          if (!isTry(one) || !asAsked(one.record, query)) return
          const { id } = one.record
          ids.add(id)
          newest.delete(id)
          newest.set(id, one)
          if (newest.size > query.limit) newest.delete(newest.keys().next().value ?? '')
        },
      )
      const found = [...newest.values()].filter(isTry).toReversed()
      return { found, more: ids.size - found.length, reading }
    },
  }
}

async function localFailures(queues: readonly string[], times: Times, signal: AbortSignal) {
  const errors = new Map<string, string>()
  const mayFail = (text: string) => text.includes('"msg":"task"') && !text.includes('"outcome":"done"')
  const reading = await readAll(queues, times, signal, mayFail, (one) => {
    if (!isTry(one) || unfailing.includes(one.record.outcome)) return
    errors.set(one.record.id, one.record.reason ?? one.record.outcome)
  })
  return { found: [...errors].map(([id, error]) => ({ id, error })), more: 0, reading }
}

async function readAll(
  queues: readonly string[],
  { from, to }: Times,
  signal: AbortSignal,
  worthParsing: (text: string) => boolean,
  take: (one: TaskLine) => void,
): Promise<Reading> {
  const files = queues.flatMap((queue) => logFiles(queue).map((file) => ({ queue, file })))
  const bytes = files.reduce((sum, { file }) => sum + statSync(file).size, 0)
  const [first, last] = [from, to].map((ms) => new Date(ms).toISOString()) as [string, string]
  for (const { queue, file } of files) {
    const lines = createInterface({
      input: createReadStream(file, { signal }),
      crlfDelay: Number.POSITIVE_INFINITY,
    })
    for await (const text of lines) {
      if (!worthParsing(text)) continue
      const record = parse(text)
      if (record === undefined || record.time < first || record.time > last) continue
      const { '@from': by = record['class'], ...fields } = record
      take({ record: fields as LogFields, queue, by: String(by) })
    }
  }
  return { from, to, places: files.map(({ file }) => file), bytes, usd: 0 }
}

/** Undefined for a line that is being written. */
function parse(text: string): LogFields | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
