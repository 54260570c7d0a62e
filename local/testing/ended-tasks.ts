import { setTimeout } from 'node:timers/promises'
import { isLastTry } from '../../services/contract/dead-letter.ts'
import type { Outcome, TaskLogLine } from '../../services/contract/log.ts'
import type { LogRecord } from '../service-process.ts'

/** What became of a task. */
export interface EndedTask {
  /** Of its last try. */
  readonly outcome: Outcome
  readonly reason?: string
  readonly isDeadLetter: boolean
  /** The task log line of each try, in order. */
  readonly tries: readonly TaskLogLine[]
  /** Its handler's log lines of all tries, in order. */
  readonly log: readonly LogRecord[]
}

/** Collects the log of workers by task, and tells of each when it has ended: done, cancelled, or a dead letter. */
export class EndedTasks {
  readonly #tries = new Map<string, TaskLogLine[]>()
  readonly #log = new Map<string, LogRecord[]>()
  #change = Promise.withResolvers<void>()

  readonly take = (line: TaskLogLine): void => {
    this.#tries.set(line.id, [...(this.#tries.get(line.id) ?? []), line])
    this.#change.resolve()
    this.#change = Promise.withResolvers()
  }

  readonly record = (record: LogRecord): void => {
    const { id } = record
    if (typeof id === 'string') this.#log.set(id, [...(this.#log.get(id) ?? []), record])
  }

  /** @throws Error that says what is known of the task, where it has not ended after so many seconds */
  async ended(id: string, seconds: number): Promise<EndedTask> {
    const over = new AbortController()
    const late = setTimeout(seconds * 1_000, 'late', { signal: over.signal }).catch(() => undefined)
    try {
      for (;;) {
        const tries = this.#tries.get(id) ?? []
        const last = tries.at(-1)
        if (last && isEnd(last)) return this.#describe(last, tries)
        if ((await Promise.race([this.#change.promise, late])) === 'late')
          throw new Error(`the task ${id} has not ended after ${seconds} s; its tries: ${shown(tries)}`)
      }
    } finally {
      over.abort()
    }
  }

  #describe(last: TaskLogLine, tries: readonly TaskLogLine[]): EndedTask {
    const { id, outcome, reason } = last
    return {
      outcome,
      ...(reason === undefined ? {} : { reason }),
      isDeadLetter: isLastTry(last),
      tries,
      log: this.#log.get(id) ?? [],
    }
  }
}

function isEnd(line: TaskLogLine): boolean {
  return (line.outcome === 'done' && !line.goesOn) || line.outcome === 'cancelled' || isLastTry(line)
}

function shown(tries: readonly TaskLogLine[]): string {
  const texts = tries.map(({ outcome, reason }) =>
    reason === undefined ? outcome : `${outcome} (${reason})`,
  )
  return texts.join(', ') || 'none'
}
