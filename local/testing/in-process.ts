import { type AttemptMeans, attempt } from '../../services/worker/attempt.ts'
import { graceMs, type Handlers, type StopReason } from '../../services/worker/handlers.ts'
import type { Reply, RunRequest } from '../../services/worker/protocol.ts'

/**
 * Runs a handler in this thread, where a test's mocks and a debugger reach it. What a worker does by ending the
 * handler's thread cannot be done here: a handler that ignores its signal is left alone after the grace, and one that
 * blocks holds up its test.
 */
export class InProcess implements Handlers {
  readonly #means: AttemptMeans
  readonly #over = new AbortController()
  readonly #outlived = Promise.withResolvers<Reply>()
  #grace: NodeJS.Timeout | undefined
  /** How the try ended, before anything was made of it. */
  reply: Reply | undefined

  constructor(means: AttemptMeans) {
    this.#means = means
  }

  /** To be called once. */
  async run(request: RunRequest, began: () => void): Promise<Reply> {
    began()
    const trying = attempt(request, this.#over.signal, this.#means)
    this.reply = await Promise.race([trying, this.#outlived.promise])
    clearTimeout(this.#grace)
    return this.reply
  }

  stop(_slot: number, { reason }: StopReason): void {
    if (this.#over.signal.aborted) return
    this.#grace = setTimeout(() => this.#outlived.resolve({ outcome: 'stopped', blocked: false }), graceMs)
    this.#over.abort(new Error(reason))
  }
}
