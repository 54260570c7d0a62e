import { spawn } from 'node:child_process'

/** What {@link run} takes besides the command. */
export interface RunOptions {
  readonly env: NodeJS.ProcessEnv
  /** Milliseconds until the command is killed. Default: no limit. */
  readonly timeoutMs?: number
  /** Keep its standard input open until this process ends, for a program that watches it. Default: none is given. */
  readonly tied?: boolean
  /** Called with each line of output, standard error included. */
  readonly onLine?: (line: string) => void
}

/**
 * Runs a command to its end and gives its standard output.
 *
 * @throws an Error with the command's last lines of output when it cannot start, fails or takes too long
 */
export function run(command: readonly string[], options: RunOptions): Promise<string> {
  const [program = '', ...args] = command
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const child = spawn(program, args, {
    env: options.env,
    stdio: [options.tied ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs, killSignal: 'SIGKILL' }),
  })
  let output = ''
  let all = ''
  let partial = ''
  const take = (text: string) => {
    all += text
    const lines = (partial + text).split(/[\r\n]+/)
    partial = lines.pop() ?? ''
    for (const line of lines) options.onLine?.(line)
  }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text
    take(text)
  })
  child.stderr?.setEncoding('utf8').on('data', take)
  child.on('error', (cause) =>
    reject(new Error(`${program} could not be started: ${cause.message}`, { cause })),
  )
  child.on('close', (code, signal) => {
    if (code === 0) return resolve(output)
    const how = signal === null ? `ended with status ${code}` : `was ended by ${signal}`
    reject(new Error(`${program} ${how}: ${lastLines(all, 8)}`))
  })
  return promise
}

/** The last lines of a text that are not blank, joined into one. */
export function lastLines(text: string, count: number): string {
  const lines = text.split(/[\r\n]+/).filter((line) => line.trim() !== '')
  return lines.slice(-count).join(' | ') || 'no output'
}
