import { createHash } from 'node:crypto'
import * as z from 'zod'
import { thenBytes } from '../contract/ledger.ts'
import { limits } from '../contract/limits.ts'
import { taskOptions } from '../contract/task-options.ts'
import type { LastTask, SendOptions, TaskToSend, TaskType } from '../contract/task-type.ts'
import type { RunRequest, SentTask, SentTasks } from './protocol.ts'

/** A handler called `send` or `continueWith` with something that cannot be sent. */
export class SendError extends Error {
  override readonly name = 'SendError'
}

/** A handler's `send` and `continueWith`, as `HandlerContext` describes them. */
export interface SendCalls {
  send(type: string, payload: unknown, options?: SendOptions): string
  sendAll(tasks: readonly TaskToSend[], then: LastTask): string[]
  continueWith(payload: unknown): void
}

const maxIdLength = 128
const sendOptions = z.strictObject(taskOptions)
const lastOptions = sendOptions.omit({ id: true })

/** What one try has sent. It stays here until the handler has returned. */
export class Outbox {
  readonly #request: RunRequest
  readonly #declared: TaskType
  readonly #types: ReadonlyMap<string, TaskType>
  readonly #traceparent: () => string | undefined
  readonly #ledger: boolean
  readonly #tasks: SentTask[] = []
  readonly #ids: Set<string>
  #continuation: Uint8Array<ArrayBuffer> | undefined
  #join: SentTasks['join']
  #bytes = 0
  #isOver = false

  /**
   * @param traceparent of what runs now
   * @param ledger there is one, which `sendAll` needs
   */
  constructor(
    request: RunRequest,
    declared: TaskType,
    types: ReadonlyMap<string, TaskType>,
    traceparent: () => string | undefined,
    ledger: boolean,
  ) {
    this.#ledger = ledger
    this.#request = request
    this.#declared = declared
    this.#types = types
    this.#traceparent = traceparent
    this.#ids = new Set([request.id])
  }

  /** What the handler is given; to it they are typed by its type's declaration. */
  get calls(): SendCalls {
    // bound: the bundler gives each arrow function that has a name that name anew, at the cost of each task
    return {
      send: this.#sendOne.bind(this),
      sendAll: this.#sendAll.bind(this),
      continueWith: this.#continueWith.bind(this),
    }
  }

  /** All that was sent, undefined where nothing was; from now on nothing more is taken. */
  close(): SentTasks | undefined {
    this.#isOver = true
    const tasks = this.#tasks
    const continuation = this.#continuation
    const join = this.#join
    return tasks.length === 0 && !continuation
      ? undefined
      : { tasks, ...(continuation ? { continuation } : {}), ...(join ? { join } : {}) }
  }

  #sendAll(tasks: readonly TaskToSend[], then: LastTask): string[] {
    const call = 'sendAll'
    const { id, type: own } = this.#request
    if (!this.#ledger)
      throw new SendError(`${call}: this environment keeps no ledger to count tasks by: set ledger: { days }`)
    if (this.#declared.continues)
      throw new SendError(`${call}: task type ${own} continues, and all its slices have one id`)
    const lastId = childId(id, 'then')
    if (this.#ids.has(lastId))
      throw new SendError(`${call}: the id ${lastId} is taken: a try may call it once`)
    const last = this.#last(lastId, then)
    this.#ids.add(lastId)
    const before = { tasks: this.#tasks.length, bytes: this.#bytes }
    // each of the tasks carries it along; without any it is sent itself
    this.#bytes += Math.max(1, tasks.length) * last.content.length
    try {
      const ids = tasks.map(({ type, payload, ...options }, joinIndex) =>
        this.#send(`${call}: tasks[${joinIndex}]`, type, payload, options, joinIndex),
      )
      if (tasks.length > 0) this.#join = { children: tasks.length, last }
      // after none of them
      else this.#tasks.push(last)
      return ids
    } catch (error) {
      // all or nothing, also where the handler catches it
      for (const { id } of [...this.#tasks.splice(before.tasks), last]) this.#ids.delete(id)
      this.#bytes = before.bytes
      throw error
    }
  }

  #last(id: string, { type, payload, ...options }: LastTask): SentTask {
    const call = 'sendAll: then'
    const rest = this.#parse(call, lastOptions, options)
    const content = this.#encode(call, this.#sendable(call, type), payload)
    if (content.length > thenBytes)
      throw new SendError(
        `${call}: the payload has ${content.length} bytes as JSON, ${thenBytes} are allowed: each of the others carries it along`,
      )
    return { id, type, content, traceparent: this.#traceparent(), ...rest }
  }

  #sendOne(type: string, payload: unknown, options?: SendOptions): string {
    return this.#send(`send(${JSON.stringify(type)})`, type, payload, options)
  }

  #send(
    call: string,
    type: string,
    payload: unknown,
    options: SendOptions = {},
    joinIndex: number | undefined = undefined,
  ): string {
    const { id: ownId, ...rest } = this.#parse(call, sendOptions, options)
    const content = this.#encode(call, this.#sendable(call, type), payload)
    if (this.#tasks.length === limits.tasksPerRequest)
      throw new SendError(`${call}: a try may send ${limits.tasksPerRequest} tasks: send more in slices`)
    const id = ownId ?? childId(this.#request.id, this.#request.sentBefore + this.#tasks.length + 1)
    if (this.#ids.has(id))
      throw new SendError(`${call}: the id ${id} is ${id === this.#request.id ? "this task's own" : 'taken'}`)
    this.#ids.add(id)
    this.#bytes += content.length
    this.#tasks.push({ id, joinIndex, type, content, traceparent: this.#traceparent(), ...rest })
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
export function childId(id: string, n: number | 'then'): string {
  const whole = `${id}.${n}`
  if (whole.length <= maxIdLength) return whole
  const digest = createHash('sha256').update(whole).digest('base64url')
  return `${whole.slice(0, maxIdLength - digest.length - 1)}.${digest}`
}
