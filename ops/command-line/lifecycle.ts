import { once } from 'node:events'
import { constants } from 'node:os'
import { UsageError } from './arguments.ts'

/** What a command is given. */
export interface Lifecycle {
  /** Fires when the user wants the command to end. All that takes time must heed it. */
  readonly signal: AbortSignal
  /** What `defer` is given runs when the command ends, however it ends, last first. */
  readonly stack: AsyncDisposableStack
}

/**
 * Runs a command and ends this process with its exit status: what it returns; 2 when it was called wrongly; 1 when it
 * failed; 128 + the signal's number after Ctrl-C and the like. A second signal ends at once.
 */
export async function runCommand(command: (lifecycle: Lifecycle) => Promise<number>): Promise<never> {
  const controller = new AbortController()
  let stopped: number | undefined
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (stopped !== undefined) process.exit(stopped)
      stopped = 128 + constants.signals[name]
      controller.abort(new Error('stopped'))
    })
  }
  const stack = new AsyncDisposableStack()
  const status = await guarded(
    () => command({ signal: controller.signal, stack }),
    () => stopped,
  )
  const cleaned = await guarded(
    async () => {
      await stack.disposeAsync()
      return 0
    },
    () => stopped,
  )
  process.exit(stopped ?? (status || cleaned))
}

async function guarded(work: () => Promise<number>, stopped: () => number | undefined): Promise<number> {
  try {
    return await work()
  } catch (error) {
    // what fails because all is being stopped says nothing new
    if (stopped() === undefined)
      console.error(`warren: ${error instanceof Error ? error.message : String(error)}`)
    return error instanceof UsageError ? 2 : 1
  }
}

/** The promise's outcome, or the signal's reason as soon as it fires. For what cannot be aborted. */
export async function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted()
  const settled = new AbortController()
  const aborted = once(signal, 'abort', { signal: settled.signal }).then(() => Promise.reject(signal.reason))
  try {
    return await Promise.race([promise, aborted])
  } finally {
    aborted.catch(() => undefined)
    settled.abort()
  }
}
