import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'

/**
 * A POSIX shell script that runs its arguments as a program until that ends or until its own standard input
 * closes, then ends its whole process group. The kernel closes the pipe when the process that holds its other
 * end dies, however it dies: that is how a broker never outlives the process that started it.
 */
export const untilInputCloses = [
  'exec 3<&0', // a shell gives background jobs /dev/null as standard input
  'trap "exit 143" TERM',
  '{ cat <&3 >/dev/null; kill -TERM $$; } 2>/dev/null &',
  '"$@" </dev/null 3<&- & wait $!',
].join('\n')

/** As {@link untilInputCloses}, for programs that no container or PID namespace ends with it. */
export const untilInputClosesWithGroup = `trap 'trap "" TERM; kill -KILL 0' EXIT\n${untilInputCloses}`

/** A program that runs until it is told to end, or until this process ends. */
export interface Supervised {
  readonly child: ChildProcess
  /** Whether the program has ended, or could not start. */
  hasEnded(): boolean
  /** What it has printed so far. */
  output(): Promise<string>
  /** Ends the program at once, as SIGKILL does, and waits for it. */
  end(): Promise<void>
}

/** Starts a command whose first program watches its standard input; its output goes to the file `log`. */
export function supervise(command: readonly string[], env: NodeJS.ProcessEnv, log: string): Supervised {
  const [program = '', ...args] = command
  const output = openSync(log, 'a', 0o600)
  // detached: Ctrl-C in a terminal goes to the whole foreground group; brokers end after the services, not with them
  const child = spawn(program, args, { env, detached: true, stdio: ['pipe', output, output] })
  closeSync(output)
  const ended = once(child, 'exit').then(
    () => undefined,
    () => undefined,
  )
  // a forgotten broker must not keep its process alive
  child.unref()
  ;(child.stdin as Socket | null)?.unref()
  child.stdin?.on('error', () => undefined)
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined
  return {
    child,
    hasEnded,
    output: () => readFile(log, 'utf8'),
    async end() {
      child.stdin?.destroy()
      if (hasEnded()) return
      child.ref()
      await ended
    },
  }
}

/** Ends programs at once and waits for them. */
export async function endAll(programs: readonly Supervised[]): Promise<void> {
  await Promise.all(programs.map((program) => program.end()))
}
