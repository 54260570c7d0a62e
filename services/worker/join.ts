import type { Message } from 'amqplib'
import * as z from 'zod'
import { joinHeader, thenHeader } from '../contract/ledger.ts'
import { envelopeVersion, taskIdPattern } from '../contract/task.ts'
import { taskOptions } from '../contract/task-options.ts'
import type { SentTask } from './protocol.ts'

/** What is sent when all of a join are done. */
export type LastSent = Omit<SentTask, 'content' | 'joinIndex'> & { readonly content: Buffer }

/** A task's place among those that one `sendAll` has sent. */
export interface Joined {
  readonly parent: string
  readonly index: number
  readonly last: LastSent
}

/** The headers of a task that is one of a join. A worker that does not know them must not do it. */
export function joinHeaders(
  parent: string,
  index: number,
  { content, ...last }: LastSent,
): Readonly<Record<string, unknown>> {
  return {
    'warren-version': envelopeVersion,
    [joinHeader]: `${parent}/${index}`,
    // the payload is JSON already, and may be nested deeper than one likes to go on the main thread
    [thenHeader]: `${JSON.stringify(last).slice(0, -1)},"payload":${content}}`,
  }
}

const place = z.string().regex(/^[^/]+\/\d{1,4}$/)
const lastSent = z.strictObject({
  ...taskOptions,
  id: z.string().regex(taskIdPattern),
  type: z.string(),
  traceparent: z.string().optional(),
  payload: z.unknown(),
})

/** What a message's headers say of a join; undefined where they say nothing, or what is none of ours. */
export function joinOf({ properties }: Pick<Message, 'properties'>): Joined | undefined {
  const headers: Record<string, unknown> = properties.headers ?? {}
  if (headers[joinHeader] === undefined) return undefined
  const found = place.safeParse(headers[joinHeader])
  const last = lastSent.safeParse(parse(headers[thenHeader]))
  if (!found.success || !last.success) return undefined
  const [parent = '', index] = found.data.split('/')
  const { payload, ...task } = last.data
  const json = encoded(payload)
  return json === undefined
    ? undefined
    : { parent, index: Number(index), last: { ...task, content: Buffer.from(json) } }
}

/** Undefined also for what is nested some thousand levels deep: no handler could have sent that. */
function encoded(payload: unknown): string | undefined {
  try {
    return JSON.stringify(payload)
  } catch {
    return undefined
  }
}

function parse(json: unknown): unknown {
  try {
    return JSON.parse(String(json))
  } catch {
    return undefined
  }
}
