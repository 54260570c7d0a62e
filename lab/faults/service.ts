import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A line of a service's log. */
export type LogRecord = Readonly<Record<string, unknown>> & { readonly msg: string }

/** A service that runs as a process of its own, which can be hurt. */
export interface Service {
  readonly pid: number
  /** Exit code, or the signal that ended it. All its output was handed over by then. */
  readonly ended: Promise<number | NodeJS.Signals>
  signal(signal: NodeJS.Signals): void
  /** Nobody reads its standard output any more, as when a log driver dies. */
  closeLog(): void
}

export interface ServiceOptions {
  /** The module that it runs, with arguments. */
  readonly command: readonly string[]
  /** All that it gets beside PATH. */
  readonly variables: Readonly<Record<string, string>>
  /** Each line of standard output that is JSON. */
  readonly onRecord: (record: LogRecord) => void
  /** Each line of standard output and error. */
  readonly onLine: (line: string) => void
}

const endWithParent = new URL('../../local/end-with-parent.mjs', import.meta.url).href
// a handler that leaks is to be stopped before it has filled the machine
const memory = 'data:text/javascript,process.constrainedMemory=()=>300*2**20'

// one that stands still (SIGSTOP) does not see that its parent has gone
const running = new Set<Service>()
process.on('exit', () => {
  for (const service of running) service.signal('SIGKILL')
})

/** Starts a service in a process group of its own, so that Ctrl-C goes to the harness alone. */
export function startService({ command, variables, onRecord, onLine }: ServiceOptions): Service {
  const child = spawn(process.execPath, ['--import', endWithParent, '--import', memory, ...command], {
    env: { PATH: process.env['PATH'], ...variables },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  })
  // as 'pipe' says; the types of four streams do not
  if (!child.stdout || !child.stderr) throw new Error('a service has no output')
  createInterface({ input: child.stderr }).on('line', onLine)
  createInterface({ input: child.stdout }).on('line', (line) => {
    onLine(line)
    const record = parse(line)
    if (record) onRecord(record)
  })
  const service: Service = {
    pid: child.pid ?? 0,
    ended: new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, signal) => resolve(code ?? signal ?? -1))
    }),
    signal: (signal) => void child.kill(signal),
    closeLog: () => child.stdout?.destroy(),
  }
  running.add(service)
  void service.ended.finally(() => running.delete(service)).catch(() => undefined)
  return service
}

function parse(line: string): LogRecord | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line) as LogRecord
  } catch {
    return undefined
  }
}
