import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { beside, type Contender, loopVariables, type Place, warren } from './contenders.ts'

/** A contender whose process is measured from outside. Disposing of it kills it. */
export interface MeasuredProcess extends AsyncDisposable {
  readonly pid: number
  /** By performance.now(). */
  readonly startedAt: number
  /** SIGTERM; resolves when it has ended, with the milliseconds that took. */
  stop(): Promise<number>
}

/** Warren's worker with Node's options of its image's command. */
export const deployed: Contender = {
  ...warren,
  command(place) {
    const dockerfile = readFileSync(`${place.bundles.worker}/Dockerfile`, 'utf8')
    const [, command = '[]'] = /^CMD (.*)$/m.exec(dockerfile) ?? []
    const options = (JSON.parse(command) as string[]).filter((word) => word.startsWith('--'))
    return [process.execPath, ...options, `${place.bundles.worker}/main.mjs`]
  },
}

/** amqplib alone: see bare-worker.mjs. */
export const bareWorker: Contender = {
  name: 'bare amqplib worker',
  wire: 'warren',
  command: () => [process.execPath, beside('bare-worker.mjs')],
  variables: loopVariables,
}

/** Starts a contender with nothing between it and this process. */
export function startProcess(contender: Contender, place: Place): MeasuredProcess {
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
  child.stdout.resume()
  const kill = () => void (child.pid && process.kill(-child.pid, 'SIGKILL'))
  process.on('exit', kill)
  const ended = once(child, 'exit').finally(() => process.off('exit', kill))
  return {
    pid: child.pid ?? 0,
    startedAt,
    async stop() {
      const from = performance.now()
      child.kill('SIGTERM')
      await ended
      return performance.now() - from
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) kill()
      await ended
    },
  }
}
