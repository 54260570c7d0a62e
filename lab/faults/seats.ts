import type { TaskLogLine } from '../../services/contract/log.ts'
import { startTcpProxy, type TcpProxy } from '../../test/support/tcp-proxy.ts'
import { until } from '../../test/support/until.ts'
import { patienceSeconds } from './patience.ts'
import { type LogRecord, type Service, type ServiceOptions, startService } from './service.ts'

/** How a process of a seat ended. */
export interface Exit {
  readonly seat: string
  readonly how: number | NodeJS.Signals
  readonly at: number
  /** The last lines of its seat that are about no task. */
  readonly said: readonly string[]
}

export interface SeatOptions {
  readonly name: string
  /** Where the broker is; asked for each connection. */
  readonly target: { readonly host: string; readonly port: number }
  readonly command: readonly string[]
  /** The variables of its contract; asked at each start, so that a new password is in them. */
  readonly variables: (brokerUrl: string) => Readonly<Record<string, string>>
  readonly onRecord: (record: LogRecord, seat: Seat) => void
  readonly onLine: ServiceOptions['onLine']
  readonly onExit: (exit: Exit) => void
}

/** A place for one process of a service, with a line of its own to the broker. What ends there is started again, as ECS does. */
export class Seat {
  readonly name: string
  readonly line: TcpProxy
  /** What the process that is here now said when it was ready; undefined until it is. */
  ready: LogRecord | undefined
  /** Whether it has said a word. */
  started = false
  service: Service
  readonly #options: SeatOptions
  /** What it said last, without its tasks: for the error when it does not do what it must. */
  #said: string[] = []
  #kept = true

  private constructor(options: SeatOptions, line: TcpProxy) {
    this.name = options.name
    this.line = line
    this.#options = options
    this.service = this.#start()
  }

  static async make(options: SeatOptions): Promise<Seat> {
    return new Seat(options, await startTcpProxy(options.target))
  }

  /** Waits until a process here is ready: consuming, or listening. */
  async untilReady(): Promise<LogRecord> {
    return until(() => this.ready, { within: patienceSeconds, what: `${this.name} is ready` })
  }

  /** Signals the process that is here now, and waits until it has ended; gives how. Another is started. */
  async stop(...signals: readonly NodeJS.Signals[]): Promise<number | NodeJS.Signals> {
    const { service } = this
    for (const signal of signals) service.signal(signal)
    return this.#ended(service, ...signals)
  }

  /** As {@link stop}, and waits until another is ready. */
  async replace(...signals: readonly NodeJS.Signals[]): Promise<number | NodeJS.Signals> {
    const how = await this.stop(...signals)
    await this.untilReady()
    return how
  }

  /** Ends it for good. @throws Error when it does not end by itself, and must be killed */
  async leave(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | NodeJS.Signals> {
    this.#kept = false
    const { service } = this
    service.signal(signal)
    try {
      return await this.#ended(service, signal)
    } finally {
      service.signal('SIGKILL')
      await this.line[Symbol.asyncDispose]()
    }
  }

  async #ended(service: Service, ...signals: readonly NodeJS.Signals[]): Promise<number | NodeJS.Signals> {
    return within(service.ended, 60, `${this.name} ends after ${signals.join(', ')}`).catch(
      (error: Error) => {
        // no other fault is to meet it
        service.signal('SIGKILL')
        throw new Error(`${error.message}; it said last: ${this.#said.join(' ')}`, { cause: error })
      },
    )
  }

  #start(): Service {
    const { command, variables, onLine, onRecord, onExit } = this.#options
    this.ready = undefined
    this.started = false
    const service = startService({
      command,
      variables: variables(`amqp://127.0.0.1:${this.line.port}`),
      onLine,
      onRecord: (record) => {
        // what an earlier process still says is not about this one
        if (service === this.service) this.started = true
        if (service === this.service && (record.msg === 'consuming' || record.msg === 'listening'))
          this.ready = record
        if (record.msg !== 'task') this.#said = [...this.#said, JSON.stringify(record)].slice(-10)
        onRecord(record, this)
      },
    })
    void service.ended.then((how) => {
      onExit({ seat: this.name, how, at: Date.now(), said: this.#said })
      if (this.#kept) this.service = this.#start()
    })
    return service
  }
}

/** After so long the broker has given up a client that says nothing, five heartbeats and more, in milliseconds. */
const givenUpMs = 30_000

/**
 * Has a process stand still until the broker has given up its connection. Where another fault holds its line, nobody
 * sees that; and that fault ends only when the process goes on.
 */
export async function frozen({ service, line }: Seat, what: string): Promise<void> {
  service.signal('SIGSTOP')
  const from = Date.now()
  const isGivenUp = () => line.open === 0 || (line.held > 0 && Date.now() - from > givenUpMs)
  try {
    await until(isGivenUp, { within: patienceSeconds, what })
  } finally {
    service.signal('SIGCONT')
  }
}

/** A record as the line that it is when a try has ended. */
export function taskLine(record: LogRecord): TaskLogLine | undefined {
  return record.msg === 'task' ? (record as unknown as TaskLogLine) : undefined
}

async function within<Value>(promise: Promise<Value>, seconds: number, what: string): Promise<Value> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => reject(new Error(`still waiting after ${seconds} s: ${what}`)),
    seconds * 1_000,
  )
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
