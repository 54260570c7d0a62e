import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A process of the rehearsal. */
export interface Child {
  /** How it ended, with the last of what it wrote that was not JSON. All its lines were handed over by then. */
  readonly ended: Promise<{ readonly status: number | null; readonly said: string }>
  /** Ends it at once. */
  kill(): Promise<void>
}

export type JsonLine = Readonly<Record<string, unknown>>

/** Starts a process in a group of its own, so that Ctrl-C is for the rehearsal, which then ends it in order. */
export function startChild(
  [program = '', ...args]: readonly string[],
  env: NodeJS.ProcessEnv,
  onLine: (line: JsonLine) => void,
): Child {
  // the channel is what a Node process watches, to end with this one
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'], detached: true })
  const rest: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue
    createInterface({ input: stream }).on('line', (line) => {
      const parsed = parse(line)
      if (parsed) return onLine(parsed)
      rest.push(line)
      if (rest.length > 8) rest.shift()
    })
  }
  const ended = once(child, 'close').then(
    ([status]) => ({ status, said: rest.join('\n') }),
    (error: Error) => ({ status: null, said: error.message }),
  )
  return {
    ended,
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** A warning or an error of a service's log, in words; undefined for any other line. */
export function complaint(line: JsonLine): string | undefined {
  const { time: _, level, msg, ...rest } = line
  if (msg === 'task' || !/^(warn|error)$/.test(String(level))) return undefined
  return `${level}: ${msg}${Object.keys(rest).length > 0 ? ` ${JSON.stringify(rest)}` : ''}`
}

function parse(line: string): JsonLine | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as JsonLine) : undefined
  } catch {
    return undefined
  }
}
