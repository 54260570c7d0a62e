import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

/** A worker that is measured, as a process. Disposing of it kills it. Times are in milliseconds. */
export interface MeasuredWorker extends AsyncDisposable {
  readonly pid: number
  /** Resolves when all slots consume, with the time since the start of the process. */
  readonly consuming: Promise<number>
  /** Resolves when it has done so many tasks, 1 or whole thousands, with the time since the start of the process. */
  did(tasks: number): Promise<number>
  /** SIGTERM; resolves when the process has ended, with the time that took. */
  stop(): Promise<number>
}

/** Starts a worker with so many slots. `variables` are those with which it reaches its queue. */
export type StartWorker = (slots: number, variables: Variables) => MeasuredWorker
type Variables = Readonly<Record<string, string>>

/**
 * Warren's worker, started as its image starts it, with logs and metrics.
 * @param bundle folder of its bundle
 */
export function warren(bundle: string): StartWorker {
  return (slots, variables) => {
    const environment = {
      ...variables,
      WORKER_CLASS: 'bench',
      WORKER_SLOTS: String(slots),
      METRICS_NAMESPACE: 'bench',
    }
    // a line for each task
    return start([...imageCommand(bundle), `${bundle}/main.mjs`], slots, environment, (tasks) => tasks)
  }
}

/** amqplib alone: see bare-worker.mjs. */
export const bare: StartWorker = (slots, variables) => {
  const script = fileURLToPath(new URL('bare-worker.mjs', import.meta.url))
  return start([script, String(slots)], slots, variables, (tasks) => 1 + Math.floor(tasks / 1_000))
}

/** Node's options of the image's command. */
function imageCommand(bundle: string): string[] {
  const [, json = '[]'] = /^CMD (.*)$/m.exec(readFileSync(`${bundle}/Dockerfile`, 'utf8')) ?? []
  const command: readonly string[] = JSON.parse(json)
  return command.filter((word) => word.startsWith('--'))
}

/** @param linesFor how many lines of tasks it has written when it has done so many tasks */
function start(
  command: readonly string[],
  slots: number,
  variables: Variables,
  linesFor: (tasks: number) => number,
): MeasuredWorker {
  const startedAt = performance.now()
  const child = spawn(process.execPath, command, {
    env: { PATH: process.env['PATH'], ...variables },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  // also when this process is asked to stop in the middle
  const kill = () => void child.kill('SIGKILL')
  process.on('exit', kill)
  const ended = once(child, 'close').finally(() => process.off('exit', kill))
  const counter = lineCounter(child.stdout)
  const wrote = async (msg: string, count: number) => {
    const endedBefore = ended.then(([code, signal]) =>
      Promise.reject(
        new Error(`a worker ended (${signal ?? `status ${code}`}) before it wrote "${msg}" × ${count}`),
      ),
    )
    await Promise.race([counter.reached(msg, count), endedBefore])
    return performance.now() - startedAt
  }
  const consuming = wrote('consuming', slots)
  consuming.catch(() => undefined)
  return {
    pid: child.pid ?? 0,
    consuming,
    did: (tasks) => wrote('task', linesFor(tasks)),
    async stop() {
      const from = performance.now()
      child.kill('SIGTERM')
      await once(child, 'exit')
      return performance.now() - from
    },
    async [Symbol.asyncDispose]() {
      kill()
      await ended
    },
  }
}

/** Counts lines by their `msg`. */
function lineCounter(input: Readable): { reached(msg: string, count: number): Promise<void> } {
  const counts = new Map<string, number>()
  const waits = new Set<{ readonly msg: string; readonly count: number; readonly resolve: () => void }>()
  createInterface({ input }).on('line', (line) => {
    const msg = /"msg":"(\w+)"/.exec(line)?.[1] ?? ''
    const now = (counts.get(msg) ?? 0) + 1
    counts.set(msg, now)
    for (const wait of waits) {
      if (wait.msg !== msg || wait.count > now) continue
      waits.delete(wait)
      wait.resolve()
    }
  })
  return {
    reached(msg, count) {
      if ((counts.get(msg) ?? 0) >= count) return Promise.resolve()
      return new Promise((resolve) => waits.add({ msg, count, resolve }))
    },
  }
}
