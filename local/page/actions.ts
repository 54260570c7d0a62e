import * as z from 'zod'
import { createClient } from '../../client/src/client.ts'
import { NotAcceptedError } from '../../client/src/errors.ts'
import { taskOptions } from '../../services/contract/task-options.ts'
import type { Crew } from '../crew.ts'
import { type CrewClass, crewClasses, modes } from '../crew-settings.ts'
import type { ActionResult } from './desk-words.ts'
import type { Tally } from './tally.ts'

/** What the page's buttons reach. */
export interface Controls {
  /** http://127.0.0.1:port of the producer. */
  readonly endpoint: string
  readonly crew: Crew
  readonly tally: Tally
}

/** Without an id: each of the tasks gets one of its own. */
const { id: _, ...options } = taskOptions

const bodies = z.discriminatedUnion('action', [
  z.strictObject({
    action: z.literal('send'),
    type: z.string(),
    count: z.int().min(1).max(10_000),
    payload: z.json(),
    ...options,
  }),
  z.strictObject({ action: z.literal('add'), class: z.enum(crewClasses) }),
  z.strictObject({ action: z.literal('remove'), class: z.enum(crewClasses) }),
  z.strictObject({ action: z.literal('mode'), mode: z.enum(Object.keys(modes) as (keyof typeof modes)[]) }),
  z.strictObject({ action: z.literal('reset') }),
])
type Send = Extract<z.output<typeof bodies>, { action: 'send' }>

/** Does what the page asks for; `text` is the request's body. */
export async function act(text: string, { endpoint, crew, tally }: Controls): Promise<ActionResult> {
  const parsed = bodies.safeParse(parseJson(text))
  if (!parsed.success) return { ok: false, message: z.prettifyError(parsed.error) }
  const wish = parsed.data
  switch (wish.action) {
    case 'send':
      return send(endpoint, wish)
    case 'add':
      crew.add(wish.class)
      return { ok: true, message: workersNow(crew, wish.class) }
    case 'remove':
      crew.remove(wish.class)
      return {
        ok: true,
        message: `${workersNow(crew, wish.class)}: a worker that leaves finishes its task first`,
      }
    case 'mode':
      crew.switchTo(wish.mode)
      return { ok: true, message: `all workers restart: ${modes[wish.mode].title}` }
    case 'reset':
      tally.reset()
      return { ok: true, message: 'counting from nothing' }
  }
}

const workersNow = (crew: Crew, name: CrewClass) =>
  `${crew.count(name)} ${name} ${crew.count(name) === 1 ? 'worker' : 'workers'}`

/** By the producer's own HTTP interface, as any client does. */
async function send(endpoint: string, { action: _action, count, ...task }: Send): Promise<ActionResult> {
  try {
    const client = createClient({ endpoint, deadlineSeconds })
    await client.sendBatch(Array.from({ length: count }, () => task))
    return { ok: true, message: count === 1 ? '1 task accepted' : `${count} tasks accepted` }
  } catch (error) {
    if (!(error instanceof NotAcceptedError)) throw error
    return { ok: false, message: `${error.accepted.length} of ${count} tasks accepted: ${reason(error)}` }
  }
}

/** The page stands still until there is an answer. */
const deadlineSeconds = 10

function reason({ status, problem, message }: NotAcceptedError): string {
  const [first] = problem?.errors ?? []
  if (status === undefined) return 'the producer does not answer'
  return first === undefined ? (problem?.detail ?? message) : `${first.path} ${first.message}`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
