import { readFileSync } from 'node:fs'
import type { Outcome } from '../../services/contract/log.ts'
import type { Ending } from '../../services/worker/outcome.ts'
import { until } from '../../test/support/until.ts'
import type { Ledger } from './ledger.ts'
import { patienceSeconds } from './patience.ts'
import { type Exit, type Seat, taskLine } from './seats.ts'
import type { LogRecord } from './service.ts'

/** How much memory a worker holds: resident set sizes in KiB, weighed every hundred tasks. */
export interface Memory {
  readonly latest: readonly number[]
  /** After its first thousand tasks. */
  readonly first: number
  /** When it was last weighed: the least of ten in a row, some half a minute. */
  readonly last: number
}

/**
 * Adds what a worker weighs now. The least of several counts, since V8 keeps the pages of a thread that ran out of its
 * heap, some seventy MB, for some eight seconds; they do not add up over threads.
 */
export function weighed({ latest, first }: Memory, kib: number, tasks: number): Memory {
  const now = [...latest.slice(-9), kib]
  return {
    latest: now,
    // of three: it still grows
    first: tasks === 1_000 ? Math.min(...now.slice(-3)) : first,
    last: Math.min(...now),
  }
}

/** What the services say, from all of their output. */
export class Observations {
  /** When each try ended as done, in milliseconds since 1970, by the workers' logs. */
  readonly doneAt: number[] = []
  readonly exits: Exit[] = []
  /** Why workers have lost their connections, as they say. */
  readonly losses: string[] = []
  /** Errors that were left behind by handlers that had returned, as their workers say. */
  errorsLeft = 0
  /** Lines in which a secret stood, without the secret. */
  readonly leaks: string[] = []
  /** Tries that were not the first, by the broker's count, and all. */
  redelivered = 0
  tries = 0
  /** Milliseconds of slots that went into tries; into those that were not the first. */
  readonly slotMs = { all: 0, retries: 0 }
  /** By process. */
  readonly tasksOf = new Map<number, number>()
  readonly memory = new Map<number, Memory>()
  readonly outcomes = new Map<string, number>()
  /** How the tries of a task ended that were not done. */
  readonly failuresOf = new Map<string, Ending[]>()
  readonly #ledger: Ledger
  readonly #secrets: ReadonlySet<string>

  constructor(ledger: Ledger, secrets: ReadonlySet<string>) {
    this.#ledger = ledger
    this.#secrets = secrets
  }

  /** What a seat is to be given. */
  get handlers() {
    return {
      onLine: (line: string) => this.#search(line),
      onRecord: (record: LogRecord, seat: Seat) => this.#note(record, seat),
      onExit: (exit: Exit) => void this.exits.push(exit),
    }
  }

  /**
   * Waits until a worker has said that a try of one of these tasks ended like this: true. False where all of them ended
   * before by another's fault: handed back by workers that are being stopped, or with the thread of a neighbour.
   * @throws Error when neither comes about
   */
  async noticed(ids: readonly string[], expected: Outcome, from: number): Promise<boolean> {
    const of = (id: string) => this.failuresOf.get(id) ?? []
    const seen = () =>
      // a worker that was killed meanwhile wrote nothing of it, and a connection that was lost came first
      this.exits.some(({ how, at }) => how === 'SIGKILL' && at >= from) ||
      ids.flatMap(of).some((ending) => ending.outcome === expected || wasCutOff(ending))
    const allCutShort = () =>
      ids.every((id) => of(id).some(({ outcome }) => outcome === 'handed-back' || outcome === 'thread-died'))
    await until(() => seen() || allCutShort(), {
      within: patienceSeconds,
      what: `a worker notices ${expected}`,
    })
    return seen()
  }

  #search(line: string): void {
    for (const secret of this.#secrets)
      if (line.includes(secret)) this.leaks.push(line.replaceAll(secret, '***'))
  }

  #note(record: LogRecord, seat: Seat): void {
    if (record.msg === 'connection lost') this.losses.push(String(record['reason']))
    if (record.msg === 'a finished handler left an error behind') this.errorsLeft += 1
    const line = taskLine(record)
    if (!line) return
    this.#ledger.line(line)
    this.tries += 1
    this.outcomes.set(line.outcome, (this.outcomes.get(line.outcome) ?? 0) + 1)
    this.slotMs.all += line.durationMs
    if (line.deliveryCount > 0) {
      this.redelivered += 1
      this.slotMs.retries += line.durationMs
    }
    if (line.outcome !== 'done') {
      this.failuresOf.set(line.id, [...(this.failuresOf.get(line.id) ?? []), line])
      return
    }
    this.doneAt.push(Date.now())
    this.#noteMemory(seat)
  }

  #noteMemory({ service: { pid } }: Seat): void {
    const tasks = (this.tasksOf.get(pid) ?? 0) + 1
    this.tasksOf.set(pid, tasks)
    const kib = tasks % 100 === 0 ? residentKib(pid) : undefined
    if (kib === undefined) return
    this.memory.set(pid, weighed(this.memory.get(pid) ?? { latest: [], first: 0, last: 0 }, kib, tasks))
  }
}

/** Another fault took the connection; a broker that closes the channel alone has waited for too long. */
function wasCutOff({ outcome, reason }: Ending): boolean {
  return outcome === 'connection-lost' && reason === 'the connection was lost'
}

/** Undefined where the process has ended, or the system has no /proc. */
function residentKib(pid: number): number | undefined {
  try {
    const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return found ? Number(found[1]) : undefined
  } catch {
    return undefined
  }
}
