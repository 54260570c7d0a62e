import { createHash } from 'node:crypto'
import * as z from 'zod'
import { limits } from '../contract/limits.ts'
import { taskOptions } from '../contract/task-options.ts'
import type { SendOptions, TaskType } from '../contract/task-type.ts'
import type { RunRequest, SentTask, SentTasks } from './protocol.ts'

/** A handler called `send` or `continueWith` with something that cannot be sent. */
export class SendError extends Error {
  override readonly name = 'SendError'
}

/** A handler's `send` and `continueWith`, as `HandlerContext` describes them. */
export interface SendCalls {
  send(type: string, payload: unknown, options?: SendOptions): string
  continueWith(payload: unknown): void
}

const maxIdLength = 128
const sendOptions = z.strictObject(taskOptions)

/** What one try has sent. It stays here until the handler has returned. */
export class Outbox {
  readonly #request: RunRequest
  readonly #declared: TaskType
  readonly #types: ReadonlyMap<string, TaskType>
  readonly #traceparent: () => string | undefined
  readonly #tasks: SentTask[] = []
  readonly #ids: Set<string>
  #continuation: Uint8Array<ArrayBuffer> | undefined
  #bytes = 0
  #isOver = false

  /** @param traceparent of what runs now */
  constructor(
    request: RunRequest,
    declared: TaskType,
    types: ReadonlyMap<string, TaskType>,
    traceparent: () => string | undefined,
  ) {
    this.#request = request
    this.#declared = declared
    this.#types = types
    this.#traceparent = traceparent
    this.#ids = new Set([request.id])
  }

  /** What the handler is given; to it they are typed by its type's declaration. */
  get calls(): SendCalls {
    return { send: (...call) => this.#send(...call), continueWith: (payload) => this.#continueWith(payload) }
  }

  /** All that was sent, undefined where nothing was; from now on nothing more is taken. */
  close(): SentTasks | undefined {
    this.#isOver = true
    const tasks = this.#tasks
    const continuation = this.#continuation
    return tasks.length === 0 && !continuation
      ? undefined
      : { tasks, ...(continuation ? { continuation } : {}) }
  }

  #send(type: string, payload: unknown, options: SendOptions = {}): string {
    const call = `send(${JSON.stringify(type)})`
    const { id: ownId, ...rest } = this.#parse(call, sendOptions, options)
    const content = this.#encode(call, this.#sendable(call, type), payload)
    if (this.#tasks.length === limits.tasksPerRequest)
      throw new SendError(`${call}: a try may send ${limits.tasksPerRequest} tasks: send more in slices`)
    const id = ownId ?? childId(this.#request.id, this.#request.sentBefore + this.#tasks.length + 1)
    if (this.#ids.has(id))
      throw new SendError(`${call}: the id ${id} is ${id === this.#request.id ? "this task's own" : 'taken'}`)
    this.#ids.add(id)
    this.#bytes += content.length
    this.#tasks.push({ id, type, content, traceparent: this.#traceparent(), ...rest })
    return id
  }

  #continueWith(payload: unknown): void {
    const call = 'continueWith'
    const { type, continues } = this.#declared
    if (!continues)
      throw new SendError(`${call}: task type ${type} may not: write continues: true in its declaration`)
    if (this.#continuation) throw new SendError(`${call}: was called before in this try`)
    this.#continuation = this.#encode(call, this.#declared, payload)
    this.#bytes += this.#continuation.length
  }

  #sendable(call: string, type: string): TaskType {
    const listed = this.#declared.sends ?? []
    if (!listed.some((each) => (typeof each === 'string' ? each : each.type) === type))
      throw new SendError(
        `${call}: task type ${this.#declared.type} may not: list it in sends of its declaration`,
      )
    const found = this.#types.get(type)
    if (found) return found
    throw new SendError(`${call}: services/tasks/registry.ts has no such task type`)
  }

  /** The payload as JSON, checked as the worker that gets it will check it. */
  #encode(call: string, { payload: schema }: TaskType, payload: unknown): Uint8Array<ArrayBuffer> {
    if (this.#isOver) throw new SendError(`${call}: the try is over`)
    const json = toJson(call, payload)
    const content = new TextEncoder().encode(json)
    if (content.length > limits.messageBytes)
      throw new SendError(
        `${call}: the payload has ${content.length} bytes as JSON, the broker takes ${limits.messageBytes}: store the data elsewhere and send where it is`,
      )
    if (this.#bytes + content.length > limits.sentBytes)
      throw new SendError(`${call}: a try may send ${limits.sentBytes} bytes: send more in slices`)
    this.#parse(`${call}: the payload does not fit`, schema, JSON.parse(json))
    return content
  }

  #parse<Schema extends z.ZodType>(what: string, schema: Schema, value: unknown): z.output<Schema> {
    const parsed = schema.safeParse(value)
    if (parsed.success) return parsed.data
    throw new SendError(`${what}: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`)
  }
}

function toJson(call: string, payload: unknown): string {
  let json: string | undefined
  try {
    json = JSON.stringify(payload)
  } catch (cause) {
    // a BigInt, a circle, or nested too deeply
    throw new SendError(`${call}: the payload is not JSON: ${String(cause)}`, { cause })
  }
  if (json === undefined) throw new SendError(`${call}: the payload is not JSON: ${typeof payload}`)
  return json
}

/**
 * `<id>.<n>`: the same on each try. What would be too long for an id keeps its beginning, and a digest stands for the
 * whole of it, so that tasks that send tasks may go on for ever.
 */
export function childId(id: string, n: number): string {
  const whole = `${id}.${n}`
  if (whole.length <= maxIdLength) return whole
  const digest = createHash('sha256').update(whole).digest('base64url')
  return `${whole.slice(0, maxIdLength - digest.length - 1)}.${digest}`
}
