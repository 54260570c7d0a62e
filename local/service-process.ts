import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { tracingVariables } from './tracing.ts'

/** A JSON line that a service wrote. */
export type LogRecord = Readonly<Record<string, unknown>> & { readonly msg: string }

/** A service that runs as a process of its own, and ends with this one at the latest. */
export interface ServiceProcess {
  /** Undefined when it could not be started. */
  readonly pid: number | undefined
  /** Why it ended, when it has: by itself, or by `stop` or `kill`. Every line was handed over by then. */
  readonly ended: Promise<string>
  /** Asks it to finish what it is at (SIGTERM), and waits until it has ended. */
  stop(): Promise<void>
  /** Ends it at once (SIGKILL). */
  kill(): Promise<void>
}

export interface ServiceOptions {
  /** What runs the module; a Node that ends with this process where nothing is given. */
  readonly program?: readonly [string, ...string[]]
  /** Of that Node, beside the usual ones. */
  readonly nodeOptions?: readonly string[]
  /** The module that it runs, with arguments. */
  readonly command: readonly [string, ...string[]]
  /** The variables of its contract. Of this process's own it gets only what a container has too, and where spans go. */
  readonly variables: Readonly<Record<string, string | undefined>>
  /** Takes each line of its log. */
  readonly onRecord: (record: LogRecord) => void
  /** Takes each line that is none of its log: what it prints, and its standard error. */
  readonly onText?: (line: string) => void
}

const preload = new URL('./end-with-parent.mjs', import.meta.url).href

/** Starts a service. Resolves no promise before it is ready: the caller waits for the line that says so. */
export function startService({
  nodeOptions = [],
  // as in the image, stacks name the sources
  program = [process.execPath, '--enable-source-maps', ...nodeOptions, '--import', preload],
  command,
  variables,
  onRecord,
  onText = () => undefined,
}: ServiceOptions): ServiceProcess {
  const [file, ...args] = program
  const child = spawn(file, [...args, ...command], {
    env: { ...inherited(process.env), ...tracingVariables(process.env), ...variables },
    // its input closes with this process: that ends what no channel can
    stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
    // in a process group of its own: Ctrl-C is for the run, which then stops its services in order
    detached: true,
  })
  let errors = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors = `${errors}${text}`.slice(-2_000)
  })
  if (child.stderr) createInterface({ input: child.stderr }).on('line', onText)
  if (child.stdout)
    createInterface({ input: child.stdout }).on('line', (line) => take(line, onRecord, onText))
  const ended = once(child, 'close').then(
    ([code, signal]) => `${signal ?? `status ${code}`}${errors === '' ? '' : `: ${errors.trim()}`}`,
    (error: Error) => error.message,
  )
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    child.kill(signal)
    await ended
  }
  return { pid: child.pid, ended, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') }
}

/** The file of a module beside this one. */
export function beside(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url))
}

function take(line: string, onRecord: (record: LogRecord) => void, onText: (line: string) => void): void {
  const record = asRecord(line)
  if (record) onRecord(record)
  else onText(line)
}

function asRecord(line: string): LogRecord | undefined {
  try {
    const record: unknown = JSON.parse(line)
    return typeof record === 'object' && record !== null && 'msg' in record
      ? (record as LogRecord)
      : undefined
  } catch {
    return undefined
  }
}

function inherited({ PATH, HOME, TZ, NODE_EXTRA_CA_CERTS }: NodeJS.ProcessEnv) {
  return { PATH, HOME, TZ, ...(NODE_EXTRA_CA_CERTS ? { NODE_EXTRA_CA_CERTS } : {}) }
}
