import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { RequestShape } from './request.ts'
import type { Answer } from './sender.ts'
import type { ways } from './ways.ts'

export type WayName = keyof typeof ways

/** A process that publishes in one way: see sender.ts. Disposing of it ends it. */
export interface Sender extends AsyncDisposable {
  /** How long its code took to load, in milliseconds: what Lambda calls the init phase, without Node's own start. */
  readonly loadMs: number
  /** Sends one request of that shape; gives the milliseconds until all was confirmed. */
  send(shape: RequestShape): Promise<number>
}

/**
 * Starts one.
 * @param bundle the producer's module
 * @param variables the producer's environment
 * @throws Error when it cannot load its code
 */
export async function startSender(
  way: WayName,
  bundle: string,
  variables: Readonly<Record<string, string>>,
): Promise<Sender> {
  const child = fork(new URL('sender.ts', import.meta.url), [way, bundle], {
    env: { PATH: process.env['PATH'], ...variables },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  return {
    loadMs: await answer(child),
    send(shape) {
      child.send(shape)
      return answer(child)
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

async function answer(child: ChildProcess): Promise<number> {
  const answered = new AbortController()
  const ended = once(child, 'exit', answered).then(([code, signal]) =>
    Promise.reject(new Error(`a publisher ended: ${signal ?? `status ${code}`}`)),
  )
  ended.catch(() => undefined)
  const [said]: Answer[] = await Promise.race([once(child, 'message'), ended])
  answered.abort()
  if (said === undefined || 'error' in said) throw new Error(`a publisher failed: ${said?.error}`)
  return said.ms
}
