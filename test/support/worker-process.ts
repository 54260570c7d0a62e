import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { resolve } from 'node:path'
import type { Readable } from 'node:stream'
import type { TaskLogLine } from '../../services/contract/log.ts'
import { until } from './until.ts'

/** A line of the worker's log: `time`, `level`, `msg` and whatever belongs to that message. */
export interface LogLine {
  readonly time: string
  readonly level: string
  readonly msg: string
  readonly [field: string]: unknown
}

/** What a worker has written. */
export interface WorkerLog {
  readonly lines: readonly LogLine[]
  /** The lines of ended tries, in the order in which they ended. */
  readonly tries: readonly TaskLogLine[]
  /** What it wrote to standard error. */
  readonly errors: string
}

/** How long a test waits, in seconds: far more than it should take, since only a failure waits that long. */
interface Within {
  readonly within?: number
}

/**
 * A worker as a process of its own, from the bundle; `await using` kills it.
 *
 * Its log comes some time after what it tells of: a worker writes it milliseconds later, and then it has to be read. So
 * nothing here gives what happens to be there. A test waits for the lines that it wants, or for the end of all lines.
 */
export interface WorkerProcess extends AsyncDisposable {
  readonly pid: number
  /** Waits until there are `count` lines with this message, and gives the last of those. */
  line(msg: string, options?: Within & { readonly count?: number }): Promise<LogLine>
  /** Waits until `count` tries have ended, and gives all. */
  ended(count: number, options?: Within): Promise<TaskLogLine[]>
  /** Waits until the log so far makes `find` give something, and gives that. */
  logs<Value>(what: string, find: (log: WorkerLog) => Value, options?: Within): Promise<Found<Value>>
  kill(signal: NodeJS.Signals): void
  /** Nobody reads its output any more. */
  stopReading(): void
  /** Waits until it has ended and all it wrote is read: the exit code, or the signal that ended it. */
  exit(within?: number): Promise<number | NodeJS.Signals>
  /** Waits until it has ended, and gives all that it wrote. */
  whole(within?: number): Promise<WorkerLog>
  /** Tells it to stop as ECS does, waits until it has, with status 0, and gives all that it wrote. */
  stop(within?: number): Promise<WorkerLog>
}

type Found<Value> = Exclude<Value, false | null | undefined>

/** Waits until `count` tries have ended, whichever of the workers had them, and gives all. */
export async function endedBy(
  workers: readonly WorkerProcess[],
  count: number,
  { within = 60 }: Within = {},
): Promise<TaskLogLine[]> {
  const now = () => Promise.all(workers.map((worker) => worker.logs('its log', ({ tries }) => tries)))
  const enough = async () => {
    const tries = (await now()).flat()
    return tries.length >= count && tries
  }
  return until(enough, { within, what: `${count} tries of ${workers.length} workers` })
}

/**
 * Starts the worker of the bundles in `bundles` (the folder that holds `worker/`).
 * @param environment is all that the process gets beside PATH; class `test`, one slot and a drain of 20 s unless given.
 */
export function startWorker(
  bundles: string,
  environment: Readonly<Record<string, string>>,
  nodeOptions: readonly string[] = [],
): WorkerProcess {
  const child = spawn(
    process.execPath,
    [...nodeOptions, '--enable-source-maps', resolve(bundles, 'worker/main.mjs')],
    {
      env: { PATH: process.env['PATH'], WORKER_CLASS: 'test', DRAIN_SECONDS: '20', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const { lines, rest } = collect(child)
  const ended = new Promise<number | NodeJS.Signals>((done) => {
    child.on('close', (code, signal) => done(code ?? signal ?? -1))
  })
  let exited: number | NodeJS.Signals | undefined
  void ended.then((how) => {
    exited = how
  })
  const now = (): WorkerLog => ({
    lines,
    tries: lines.filter((line) => line.msg === 'task') as unknown as TaskLogLine[],
    errors: rest.errors,
  })
  const logs: WorkerProcess['logs'] = async (what, find, { within = 60 } = {}) => {
    try {
      return await until(() => find(now()), { within, what })
    } catch (cause) {
      const log = lines.slice(-15).map((line) => JSON.stringify(line))
      throw new Error([`no ${what}; exit: ${exited}`, ...log, rest.errors].join('\n'), { cause })
    }
  }
  const exit: WorkerProcess['exit'] = async (within = 60) => {
    await logs('end of the worker', () => exited !== undefined, { within })
    return ended
  }
  const whole: WorkerProcess['whole'] = async (within) => {
    await exit(within)
    return now()
  }
  return {
    ...{ pid: child.pid ?? 0, logs, exit, whole },
    line: (msg, { count = 1, ...options } = {}) =>
      logs(`${count} × "${msg}"`, () => lines.filter((line) => line.msg === msg)[count - 1], options),
    ended: (count, options) =>
      logs(`${count} tries`, ({ tries }) => tries.length >= count && [...tries], options),
    kill: (signal) => void child.kill(signal),
    stopReading() {
      child.stdout.destroy()
      child.stderr.destroy()
    },
    async stop(within) {
      child.kill('SIGTERM')
      const how = await exit(within)
      if (how !== 0) throw new Error(`the worker ended with ${how}: ${rest.errors}`)
      return now()
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

function collect(child: ChildProcessByStdio<null, Readable, Readable>) {
  const lines: LogLine[] = []
  const rest = { errors: '' }
  let partial = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (partial + text).split('\n')
    partial = parts.pop() ?? ''
    for (const part of parts) {
      try {
        lines.push(JSON.parse(part) as LogLine)
      } catch {
        rest.errors += `not a log line: ${part}\n`
      }
    }
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    rest.errors += text
  })
  return { lines, rest }
}
