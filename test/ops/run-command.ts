import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Arguments of Node, with which a command knows the environments of test/ops/environments.ts and no others. */
export const testEnvironments = ['--import', new URL('environments-hook.ts', import.meta.url).href]

export interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs one of the operator's commands as a process without a terminal.
 * @param stopWhen sends Ctrl-C as soon as its output has this
 */
export async function runOps(
  command: 'send' | 'watch' | 'status' | 'task' | 'redrive' | 'pause' | 'resume' | 'cancel',
  args: readonly string[],
  { env = {}, cwd = '.', stopWhen }: { env?: NodeJS.ProcessEnv; cwd?: string; stopWhen?: RegExp } = {},
): Promise<Ended> {
  const { PATH, HOME } = process.env
  const child = spawn(process.execPath, [...testEnvironments, `ops/${command}.ts`, ...args], {
    cwd,
    env: { PATH, HOME, AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  let stopped = false
  const stop = () => {
    if (stopped || !stopWhen?.test(stdout + stderr)) return
    stopped = true
    child.kill('SIGINT')
  }
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    stdout += part
    stop()
  })
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    stderr += part
    stop()
  })
  await once(child, 'close')
  return { status: child.exitCode, stdout, stderr }
}
