import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { beside, type Contender, loopVariables, type Place } from './contenders.ts'

/** A contender whose process is measured from outside. Disposing of it kills it. */
export interface MeasuredProcess extends AsyncDisposable {
  readonly pid: number
  /** By performance.now(). */
  readonly startedAt: number
  /** Fires when the run is stopped, and when the process ends by itself: who waits for its work would wait for ever. */
  readonly signal: AbortSignal
  /** SIGTERM; resolves when it has ended, with the milliseconds that took. */
  stop(): Promise<number>
}

/** amqplib alone: see bare-worker.mjs. */
export const bareWorker: Contender = {
  name: 'bare amqplib worker',
  wire: 'warren',
  command: () => [process.execPath, beside('bare-worker.mjs')],
  variables: loopVariables,
}

/**
 * Starts a contender with nothing between it and this process.
 * @param onOutput told what it writes to standard output
 */
export function startProcess(
  contender: Contender,
  place: Place,
  signal: AbortSignal,
  onOutput: (chunk: string) => void = () => undefined,
): MeasuredProcess {
  const [program = '', ...args] = contender.command(place)
  const { PATH, HOME } = process.env
  const startedAt = performance.now()
  const child = spawn(program, args, {
    env: { PATH, HOME, PYTHONDONTWRITEBYTECODE: '1', ...contender.variables(place) },
    stdio: ['ignore', 'pipe', 'inherit'],
    // what it starts ends with it
    detached: true,
  })
  // read, as a container's log driver reads it
  child.stdout.setEncoding('utf8').on('data', onOutput)
  const kill = () => void (child.pid && process.kill(-child.pid, 'SIGKILL'))
  process.on('exit', kill)
  const ended = once(child, 'exit').finally(() => process.off('exit', kill))
  const early = new AbortController()
  const onExit = (code: number | null, by: string | null) =>
    early.abort(new Error(`${contender.name} has ended with ${by ?? `status ${code}`}`))
  child.once('exit', onExit)
  return {
    pid: child.pid ?? 0,
    startedAt,
    signal: AbortSignal.any([signal, early.signal]),
    async stop() {
      child.off('exit', onExit)
      const from = performance.now()
      child.kill('SIGTERM')
      await ended
      return performance.now() - from
    },
    async [Symbol.asyncDispose]() {
      child.off('exit', onExit)
      if (child.exitCode === null && child.signalCode === null) kill()
      await ended
    },
  }
}
