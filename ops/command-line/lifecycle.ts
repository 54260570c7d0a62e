import { once } from 'node:events'
import { constants } from 'node:os'
import type { Command, OptionValues } from '@commander-js/extra-typings'
import { UsageError } from './arguments.ts'
import { type Request, readCommandLine } from './command.ts'

/** How a command learns that it must end, and says what to do then. */
export interface Lifecycle {
  /** Fires when the user wants the command to end. Everything that takes time must heed it. */
  readonly signal: AbortSignal
  /** What `defer` is given runs when the command ends, however it ends, last first. */
  readonly stack: AsyncDisposableStack
}

/**
 * Runs a command and ends this process with its exit status: what `main` returns; 2 when it was called wrongly; 1 when it
 * failed; 128 + the signal's number after Ctrl-C and the like. A second signal ends at once. A failure is one sentence
 * on standard error; WARREN_DEBUG=1 adds where in the code.
 */
export async function runCommand<Args extends unknown[], Options extends OptionValues>(
  program: Command<Args, Options>,
  main: (call: Lifecycle & Request<Args, Options>) => Promise<number>,
  argv: readonly string[] = process.argv.slice(2),
): Promise<never> {
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
  const guarded = async (work: () => Promise<number>) => {
    try {
      return await work()
    } catch (error) {
      // what fails because all is being stopped says nothing new
      return stopped ?? report(error, `${program.name()} ${program.usage()}`)
    }
  }
  const status = await guarded(async () => {
    const request = readCommandLine(program, argv)
    return request === undefined ? 0 : await main({ ...request, signal: controller.signal, stack })
  })
  const cleaned = await guarded(async () => {
    await stack.disposeAsync()
    return 0
  })
  // what is written to a pipe goes out later, and a long answer would be cut
  await Promise.all([process.stdout, process.stderr].map(flushed))
  process.exit(stopped ?? (status || cleaned))
}

/** Also where nobody reads any more. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.once('error', () => resolve())
    stream.write('', () => resolve())
  })
}

/** Tells the user what went wrong. @returns the exit status */
function report(error: unknown, usage: string): 1 | 2 {
  const called = error instanceof UsageError
  console.error(`warren: ${error instanceof Error ? error.message : String(error)}`)
  if (called) console.error(`usage: ${usage} (--help says more)`)
  if (process.env['WARREN_DEBUG']) console.error(error)
  return called ? 2 : 1
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
