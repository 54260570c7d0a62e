import { ledgerLimits } from '../contract/ledger.ts'

/** What a handler has said of how far it is. */
export interface Said {
  /** 0 to 1. */
  readonly value: number
  readonly note?: string | undefined
}

/** From one word to the next of a task, in milliseconds. */
const everyMs = 1_000

/** A handler's `progress`, as `HandlerContext` describes it: passes on one word a second, and the last one always. */
export class TaskProgress {
  readonly #say: ((said: Said) => void) | undefined
  #unsaid: Said | undefined
  #saidAt = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined
  #isOver = false

  /** @param say undefined where nobody keeps it: then it is only checked */
  constructor(say: ((said: Said) => void) | undefined) {
    this.#say = say
  }

  /**
   * After the try's end nothing is passed on.
   * @throws TypeError or RangeError for what is no progress
   */
  set(value: number, note?: string): void {
    check(value, note)
    if (this.#isOver || !this.#say) return
    // DynamoDB takes nothing below 1E-130
    const rounded = Math.round(value * 1e6) / 1e6
    this.#unsaid = {
      value: rounded,
      ...(note === undefined ? {} : { note: note.slice(0, ledgerLimits.textLength) }),
    }
    const waitMs = this.#saidAt + everyMs - performance.now()
    // by the clock too: a handler that computes lets no timer fire
    if (waitMs <= 0) this.#flush()
    else this.#timer ??= setTimeout(() => this.#flush(), waitMs)
  }

  /** Says what is left to be said, and nothing after it. */
  close(): void {
    this.#isOver = true
    this.#flush()
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const said = this.#unsaid
    if (!said) return
    this.#unsaid = undefined
    this.#saidAt = performance.now()
    this.#say?.(said)
  }
}

function check(value: unknown, note: unknown): void {
  if (typeof value !== 'number')
    throw new TypeError(`progress: the value must be a number, got ${typeof value}`)
  if (!(value >= 0 && value <= 1))
    throw new RangeError(`progress: the value must be from 0 to 1, got ${value}`)
  if (note !== undefined && typeof note !== 'string')
    throw new TypeError(`progress: the note must be a string, got ${typeof note}`)
}
