import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from '../contract/log.ts'
import type { TaskType } from '../contract/task-type.ts'
import type { Try } from './delivery.ts'
import type { Intake } from './intake.ts'
import type { TryEvents } from './slot.ts'

/** All in milliseconds. */
export const protectionTiming = {
  /** A task that has run so long is protected. Shorter ones end within the time that a worker has after SIGTERM. */
  longMs: 30_000,
  /** After so long without a gap the worker makes one: a deployment waits for it, and CloudFormation at most 3 h. */
  pauseAfterMs: 30 * 60_000,
  /** The length of the gap: time for ECS to see it. */
  gapMs: 60_000,
  /** ECS's agent gives its own request 4 s. */
  requestMs: 10_000,
  /** Before a request is repeated, at first; doubled each time up to the longest. ECS throttles per account. */
  retryMs: 5_000,
  maxRetryMs: 60_000,
  /** Failures are logged no more often. */
  warnMs: 60_000,
}

export interface ProtectionOptions {
  /** `ECS_AGENT_URI`, which ECS sets in each container. */
  readonly agentUri: string
  readonly types: ReadonlyMap<string, Pick<TaskType, 'timeoutSeconds'>>
  readonly intake: Intake
  readonly log: Logger
  readonly timing?: typeof protectionTiming
}

/**
 * Keeps ECS from stopping this process, in a scale-in or a deployment, while it runs a task that takes long. Nothing
 * waits for the protection, and nothing fails without it: if ECS does not grant it, the worker asks again, less and
 * less often.
 *
 * The protection ends by itself when all running tasks must have timed out. With several slots there may always be a
 * long task, and a deployment would wait for ever. So from time to time the worker takes no new tasks until all have
 * ended. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html
 */
export class TaskProtection implements TryEvents {
  readonly #options: ProtectionOptions
  readonly #timing: typeof protectionTiming
  /** What makes a slot's task a long one, by slot; of all slots that are busy. */
  readonly #timers = new Map<number, NodeJS.Timeout>()
  /** When a long task ends at the latest, by slot; like the rest in milliseconds since 1970. */
  readonly #longUntil = new Map<number, number>()
  /** Until when ECS has granted protection. */
  #granted = 0
  /** Until when there may be protection, since not every answer arrives. */
  #possible = 0
  #following = false
  #unbroken: NodeJS.Timeout | undefined
  #warnedAt = 0

  constructor(options: ProtectionOptions) {
    this.#options = options
    this.#timing = options.timing ?? protectionTiming
  }

  began(slot: number, _deliveryCount: number, type: string): void {
    const until = Date.now() + (this.#options.types.get(type)?.timeoutSeconds ?? 0) * 1_000
    const becomeLong = () => {
      this.#longUntil.set(slot, until)
      void this.#follow()
    }
    this.#timers.set(slot, setTimeout(becomeLong, this.#timing.longMs))
  }

  ended({ slot }: Pick<Try, 'slot'>): void {
    clearTimeout(this.#timers.get(slot))
    this.#timers.delete(slot)
    if (this.#longUntil.delete(slot)) void this.#follow()
    if (!this.#options.intake.isOpen) this.#openAfterGap()
  }

  /** Asks until what ECS says is what is needed. One request at a time. */
  async #follow(): Promise<void> {
    if (this.#following) return
    this.#following = true
    const { retryMs, maxRetryMs } = this.#timing
    for (let failures = 0; this.#mustAsk(); ) {
      const problem = await this.#ask()
      if (problem === undefined) {
        failures = 0
        continue
      }
      this.#warn(problem)
      await pause(Math.min(maxRetryMs, retryMs * 2 ** failures) * (0.5 + Math.random() / 2))
      failures += 1
    }
    this.#following = false
  }

  get #needed(): number {
    return Math.max(0, ...this.#longUntil.values())
  }

  #mustAsk(): boolean {
    return this.#needed > 0 ? this.#needed > this.#granted : this.#possible > Date.now()
  }

  /** One request. Gives why it came to nothing; undefined when it was granted. */
  async #ask(): Promise<string | undefined> {
    const needed = this.#needed
    // ECS takes 1 to 2,880
    const minutes = Math.min(2_880, Math.max(1, Math.ceil((needed - Date.now()) / 60_000)))
    const wanted =
      needed > 0 ? { ProtectionEnabled: true, ExpiresInMinutes: minutes } : { ProtectionEnabled: false }
    const until = needed > 0 ? Math.max(needed, Date.now() + minutes * 60_000) : 0
    const before = this.#possible
    this.#possible = Math.max(before, until)
    const answer = await put(
      `${this.#options.agentUri}/task-protection/v1/state`,
      wanted,
      this.#timing.requestMs,
    )
    if (answer.problem === undefined) {
      this.#granted = until
      this.#possible = until
      this.#watchUnbroken(until > 0)
    } else if (answer.refused) this.#possible = before
    return answer.problem
  }

  #watchUnbroken(isProtected: boolean): void {
    if (isProtected) this.#unbroken ??= setTimeout(() => this.#createGap(), this.#timing.pauseAfterMs)
    else this.#forgetUnbroken()
  }

  #forgetUnbroken(): void {
    clearTimeout(this.#unbroken)
    this.#unbroken = undefined
  }

  #createGap(): void {
    const { intake, log } = this.#options
    log.info('pausing: protected for long without a gap', { running: this.#timers.size })
    intake.set(false, 'protection')
    this.#openAfterGap()
  }

  /** Even if ECS has not answered: an idle worker would be worse. */
  #openAfterGap(): void {
    if (this.#timers.size > 0) return
    setTimeout(() => {
      this.#forgetUnbroken()
      this.#options.intake.set(true, 'protection')
    }, this.#timing.gapMs)
  }

  #warn(reason: string): void {
    if (Date.now() - this.#warnedAt < this.#timing.warnMs) return
    this.#warnedAt = Date.now()
    this.#options.log.warn('task protection: ECS did not do as asked, the worker goes on', { reason })
  }
}

interface Answer {
  readonly problem?: string
  /** ECS has surely changed nothing. */
  readonly refused?: boolean
}

/** A failure may come as 200, with `failure` in place of `protection`. Never rejects. */
async function put(url: string, body: object, timeoutMs: number): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    })
    const text = await response.text()
    if (response.ok && 'protection' in JSON.parse(text)) return {}
    return { problem: `${response.status} ${text.slice(0, 300)}`, refused: response.status < 500 }
  } catch (error) {
    return { problem: String(error) }
  }
}
