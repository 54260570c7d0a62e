import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { watchForStall } from '../stall.ts'

export interface Command {
  readonly command: readonly string[]
  readonly variables: Readonly<Record<string, string>>
}

/** What a program has told so far: see told.mjs. */
export interface Told {
  ready: boolean
  /** Jobs that are done, by when, on the machine's monotonic clock. */
  readonly done: { readonly done: number; readonly atUs: number }[]
  readonly waitedUs: number[]
}

/** A program of a benchmark of jobs. Disposing of it kills it, with what it has started. */
export interface Program extends AsyncDisposable {
  readonly told: Told
  /** Resolves when it has ended by itself. @throws Error when it failed */
  readonly ended: Promise<void>
  /** Waits until what it has told is enough. @throws Error when it ends before, or tells nothing new for a minute */
  until(isEnough: (told: Told) => boolean, figure: (told: Told) => number, what: string): Promise<void>
}

export function startProgram({ command, variables }: Command, signal: AbortSignal): Program {
  const [program = '', ...args] = command
  const { PATH, HOME } = process.env
  const child = spawn(program, args, {
    env: { PATH, HOME, PYTHONDONTWRITEBYTECODE: '1', ...variables },
    stdio: ['ignore', 'pipe', 'inherit'],
    // what it starts ends with it
    detached: true,
  })
  const kill = () => void (child.pid && process.kill(-child.pid, 'SIGKILL'))
  process.on('exit', kill)
  const told: Told = { ready: false, done: [], waitedUs: [] }
  createInterface(child.stdout).on('line', (line) => {
    const said = line.startsWith('{') ? JSON.parse(line) : {}
    if (said.ready) told.ready = true
    if (said.atUs) told.done.push(said)
    if (said.waitedUs !== undefined) told.waitedUs.push(said.waitedUs)
  })
  const exited = once(child, 'exit').finally(() => process.off('exit', kill))
  const ended = exited.then(([code, by]) => {
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${by ?? `status ${code}`}`)
  })
  ended.catch(() => undefined)
  return {
    ...{ told, ended },
    async until(isEnough, figure, what) {
      const moves = watchForStall(what)
      while (!isEnough(told)) {
        signal.throwIfAborted()
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`${args.join(' ')} has ended`)
        moves(figure(told))
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) kill()
      await exited
    },
  }
}
