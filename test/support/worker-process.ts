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

/** A worker as a process of its own, from the bundle; `await using` kills it. */
export interface WorkerProcess extends AsyncDisposable {
  readonly pid: number
  /** All log lines so far. */
  readonly lines: readonly LogLine[]
  /** What it wrote to standard error. */
  readonly errors: string
  /** The lines of ended tries so far, in the order in which they ended. */
  tries(): TaskLogLine[]
  /** Waits until there are `count` lines with this message, and gives the last of those. */
  line(msg: string, options?: { readonly count?: number; readonly within?: number }): Promise<LogLine>
  /** Waits until `count` tries have ended, and gives all. */
  ended(count: number, options?: { readonly within?: number }): Promise<TaskLogLine[]>
  kill(signal: NodeJS.Signals): void
  /** Nobody reads its output any more: from now on `lines` stays as it is. */
  stopReading(): void
  /** Waits until it has ended: the exit code, or the signal that ended it. */
  exit(within?: number): Promise<number | NodeJS.Signals>
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
  const tries = () => lines.filter((line) => line.msg === 'task') as unknown as TaskLogLine[]
  const waitFor = async <Value>(what: string, within: number, condition: () => Value | undefined) => {
    try {
      return await until(condition, { within, what })
    } catch (cause) {
      const log = lines.slice(-15).map((line) => JSON.stringify(line))
      throw new Error([`no ${what}; exit: ${exited}`, ...log, rest.errors].join('\n'), { cause })
    }
  }
  return {
    pid: child.pid ?? 0,
    lines,
    get errors() {
      return rest.errors
    },
    tries,
    line: (msg, { count = 1, within = 15 } = {}) =>
      waitFor(`${count} × "${msg}"`, within, () => lines.filter((line) => line.msg === msg)[count - 1]),
    ended: (count, { within = 15 } = {}) =>
      waitFor(`${count} tries`, within, () => (tries().length >= count ? tries() : undefined)),
    kill: (signal) => void child.kill(signal),
    stopReading() {
      child.stdout.destroy()
      child.stderr.destroy()
    },
    async exit(within = 15) {
      await waitFor('the worker to end', within, () => exited !== undefined || undefined)
      return ended
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
