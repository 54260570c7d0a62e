import { randomBytes } from 'node:crypto'
import { v7 } from 'uuid'
import * as z from 'zod'
import type { OutgoingTask } from '../amqp/batch.ts'
import { limits } from '../contract/limits.ts'
import { type Placing, place } from '../contract/placement.ts'
import type { Route } from '../contract/route.ts'
import { type EncodedTask, encodeTask, type Task } from '../contract/task.ts'
import { taskOptions, uniqueOptions } from '../contract/task-options.ts'
import type { TaskType } from '../contract/task-type.ts'
import { invalidRequest, ProblemError, type RequestError } from './problem.ts'
import { uniqueProblem } from './unique.ts'

/** A task as clients send it. Unknown keys are refused: they are typing errors, or options that do not exist. */
const taskRequest = z.strictObject({
  type: z.string(),
  payload: z.unknown(),
  ...taskOptions,
  ...uniqueOptions,
})
type TaskRequest = z.output<typeof taskRequest>

/** A task that is ready to be published, and the work queue that it is for. */
export interface PreparedTask extends OutgoingTask {
  readonly queue: string
  readonly type: string
  /** In milliseconds since 1970; that of a task that is due at once is the time of its request. */
  readonly dueAt: number
  /** Whether the producer has made up its id. */
  readonly idIsNew: boolean
  /** Which key is to be used once, and how long that holds; undefined for the ledger's own time. */
  readonly unique?: { readonly key: string; readonly seconds: number | undefined }
}

/**
 * Checks a request `{ id?, type, payload, priority?, tenant?, delaySeconds?, unique?, uniqueSeconds? }` or
 * `{ tasks: [...] }` against the task types and makes messages of it, in the same order. Tasks without an id get a UUID
 * v7, those of a tenant the priority that it has now.
 * @param ledgerDays how long the ledger keeps records; undefined where there is none
 * @throws ProblemError 400 that names all errors at once, or 413 for a task over the broker's message size.
 */
export function prepareTasks(
  request: unknown,
  placing: Placing,
  traceparent: string | undefined,
  ledgerDays?: number,
): PreparedTask[] {
  const given = tasksOf(request)
  const checked = given.map((task, index) => checkTask(task, index, placing.types, ledgerDays))
  const valid = checked.flatMap((task) => ('errors' in task ? [] : [task]))
  const errors = [...checked.flatMap((task) => ('errors' in task ? task.errors : [])), ...duplicates(given)]
  if (errors.length > 0) throw invalidRequest(errors.toSorted((a, b) => (a.index ?? 0) - (b.index ?? 0)))

  const now = Date.now()
  const newId = newIds(valid.length, now)
  return valid.map((asked, index) => {
    const { type, payload, tenant, id = newId(index), unique, uniqueSeconds: seconds } = asked
    const { queue, route, ...placed } = place(asked, placing, now)
    return {
      ...prepare({ id, type, payload, tenant, traceparent, ...placed }, index, route),
      ...{ queue, type, dueAt: placed.queuedAt, idIsNew: asked.id === undefined },
      ...(unique === undefined ? {} : { unique: { key: unique, seconds } }),
    }
  })
}

/**
 * Makes ids for one request, in ascending order. It fetches the random bytes for all ids at once: one by one, as uuid
 * does, takes longer than everything else for a small task.
 */
function newIds(count: number, msecs: number): (index: number) => string {
  const bytes = randomBytes(16 * count)
  const first = bytes.readUInt32BE() >>> 1
  return (index) => v7({ msecs, seq: first + index, random: bytes.subarray(16 * index, 16 * index + 16) })
}

function tasksOf(request: unknown): readonly unknown[] {
  if (typeof request !== 'object' || request === null || Array.isArray(request)) {
    throw invalidRequest([
      {
        index: null,
        path: '',
        message:
          'must be an object: { id?, type, payload, priority?, tenant?, delaySeconds?, unique?, uniqueSeconds? } or { tasks: [...] }',
      },
    ])
  }
  if (!Object.hasOwn(request, 'tasks')) return [request]
  const parsed = batchRequest.safeParse(request)
  if (parsed.success) return parsed.data.tasks
  throw invalidRequest(parsed.error.issues.map((issue) => requestError(null, [], issue)))
}

const batchSize = `must hold 1 to ${limits.tasksPerRequest} tasks`
const batchRequest = z.strictObject({
  tasks: z.array(z.unknown()).min(1, batchSize).max(limits.tasksPerRequest, batchSize),
})

function checkTask(
  value: unknown,
  index: number,
  types: ReadonlyMap<string, TaskType>,
  ledgerDays: number | undefined,
): TaskRequest | { errors: readonly RequestError[] } {
  const task = taskRequest.safeParse(value)
  if (!task.success) return { errors: task.error.issues.map((issue) => requestError(index, [], issue)) }
  const type = types.get(task.data.type)
  if (type === undefined) {
    const known = [...types.keys()].join(', ')
    const message = `no task type ${JSON.stringify(task.data.type.slice(0, 64))}: there are ${known}`
    return { errors: [{ index, path: '/type', message }] }
  }
  const notUnique = uniqueProblem(task.data, ledgerDays)
  if (notUnique) return { errors: [{ index, ...notUnique }] }
  const payload = type.payload.safeParse(task.data.payload)
  if (payload.success) return task.data
  return { errors: payload.error.issues.map((issue) => requestError(index, ['payload'], issue)) }
}

function duplicates(tasks: readonly unknown[]): RequestError[] {
  const first = new Map<unknown, number>()
  return tasks.flatMap((task, index) => {
    const id = typeof task === 'object' && task !== null && 'id' in task ? task.id : undefined
    if (typeof id !== 'string') return []
    const earlier = first.get(id)
    if (earlier === undefined) first.set(id, index)
    return earlier === undefined ? [] : [{ index, path: '/id', message: `is also the id of task ${earlier}` }]
  })
}

function prepare(task: Task, index: number, route: Route): OutgoingTask {
  const encoded = encode(task, index)
  const bytes = encoded.content.length
  if (bytes > limits.messageBytes) {
    throw new ProblemError(
      413,
      `the payload of task ${index} has ${bytes} bytes as JSON, the broker takes ${limits.messageBytes}: store the data elsewhere and send where it is`,
      { index, bytes, limit: limits.messageBytes },
    )
  }
  return { id: task.id, ...route, ...encoded }
}

function encode(task: Task, index: number): EncodedTask {
  try {
    return encodeTask(task)
  } catch (error) {
    // JSON.parse takes any depth, JSON.stringify runs out of stack after some thousand levels
    if (!(error instanceof RangeError)) throw error
    throw invalidRequest([{ index, path: '/payload', message: 'is nested too deeply' }])
  }
}

function requestError(
  index: number | null,
  prefix: readonly string[],
  issue: z.core.$ZodIssue,
): RequestError {
  const path = [...prefix, ...issue.path].map(
    (key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`,
  )
  return { index, path: path.join(''), message: issue.message }
}
