import { connectionTo, type EndpointOptions } from './connection.ts'
import { pauseFor } from './deadline.ts'
import { askUntilAnswered } from './read.ts'
import type { RegisteredTask } from './registered-task.ts'
import { type SendTry, sendInPortions } from './send.ts'
import type { Depth, NewTask, PayloadOf, TaskDetails, TaskKind, TaskReport } from './task.ts'

export interface ClientOptions extends EndpointOptions {
  /**
   * How long a call goes on trying, in seconds, while what it asks is not answered or the broker is away: from the call
   * on, and anew whenever tasks were accepted. 0: one try.
   * @default 60
   */
  readonly deadlineSeconds?: number | undefined
}

export interface CallOptions {
  /** Ends the call at once, with the request that is under way. */
  readonly signal?: AbortSignal | undefined
}

export interface SendCallOptions extends CallOptions {
  /** Told of each request, for logs and metrics. */
  readonly onTry?: ((result: SendTry) => void) | undefined
}

/** Of a work queue's HTTP endpoint. It holds nothing open and needs no end. */
export interface Client<Kind extends TaskKind = TaskKind> {
  /**
   * Sends a task, again with the same id while it is not accepted, and resolves when the broker has confirmed it.
   * @returns its id
   * @throws NotAcceptedError
   */
  send<Name extends Kind['type']>(
    type: Name,
    payload: PayloadOf<Kind, Name>,
    options?: TaskDetails & SendCallOptions,
  ): Promise<string>
  /**
   * Sends any number of tasks, up to 1,000 and 4 MiB in a request, one request after the other.
   * @returns their ids, in the same order
   * @throws NotAcceptedError with what was accepted and what was not
   */
  sendBatch(tasks: readonly NewTask<Kind>[], options?: SendCallOptions): Promise<string[]>
  /**
   * What became of a task. The environment must keep a ledger.
   * @throws NoAnswerError, with status 404 when the id is unknown or expired, or there is no ledger
   */
  task(id: string, options?: CallOptions): Promise<TaskReport>
  /**
   * Waits for a task's end: `done`, `dead` or `cancelled`; after `timeoutSeconds` it gives the state as it is then.
   * What has not answered by then is not asked again: one request, of 35 seconds at most, is all that it may last beyond.
   * @throws NoAnswerError as {@link task}
   */
  wait(
    id: string,
    options?: CallOptions & { readonly timeoutSeconds?: number | undefined },
  ): Promise<TaskReport>
  /** How many tasks wait now, and for how many consumers: asked once. @throws NoAnswerError */
  depth(options?: CallOptions): Promise<Depth>
}

/** Longest that the producer holds a request for a task's end, in seconds. */
const holdSeconds = 20
const finalStates: ReadonlySet<TaskReport['state']> = new Set(['done', 'dead', 'cancelled'])

/**
 * A client of a work queue's endpoint.
 * `Kind`: the task types that it sends, declarations or plain types.
 * @throws TypeError when the endpoint is no URL, or the region is missing
 */
export function createClient<Kind extends TaskKind = RegisteredTask>(options: ClientOptions): Client<Kind> {
  const { endpoint, deadlineSeconds = 60 } = options
  const connection = connectionTo(options)
  const settings = { endpoint: endpoint.replace(/\/+$/, ''), deadlineSeconds }
  const sendBatch = (tasks: readonly NewTask[], { signal, onTry }: SendCallOptions = {}) =>
    sendInPortions(connection, tasks, { ...settings, signal, onTry })
  const task = (id: string, signal?: AbortSignal, hold = 0, leftSeconds = Number.POSITIVE_INFINITY) => {
    const path = `/tasks/${encodeURIComponent(id)}${hold > 0 ? `?wait=${hold}` : ''}`
    const within = { ...settings, deadlineSeconds: Math.min(deadlineSeconds, leftSeconds) }
    return askUntilAnswered<TaskReport>(connection, path, { ...within, signal, holdSeconds: hold })
  }
  return {
    async send(type, payload, { signal, onTry, ...details } = {}) {
      const [id = ''] = await sendBatch([{ type, payload, ...details }], { signal, onTry })
      return id
    },
    sendBatch,
    task: (id, { signal } = {}) => task(id, signal),
    async wait(id, { signal, timeoutSeconds = Number.POSITIVE_INFINITY } = {}) {
      const until = performance.now() + timeoutSeconds * 1_000
      for (;;) {
        const begun = performance.now()
        const leftSeconds = Math.max(0, (until - begun) / 1_000)
        const hold = Math.min(holdSeconds, Math.round(leftSeconds))
        // the last one is asked once, and may take as long as any
        const report = await task(id, signal, hold, hold === 0 ? 0 : leftSeconds)
        if (finalStates.has(report.state) || hold === 0) return report
        // where nobody held the request
        await pauseFor(Math.max(0, 1_000 - (performance.now() - begun)), signal)
      }
    },
    depth: ({ signal } = {}) =>
      askUntilAnswered<Depth>(connection, '/queue', { ...settings, deadlineSeconds: 0, signal }),
  }
}
