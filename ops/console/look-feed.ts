import type { ServerResponse } from 'node:http'
import type { QueueLookFrame } from '../../local/page/look.ts'
import { Viewers } from '../../local/page/viewers.ts'
import type { Finding, Look, ScheduleLook } from '../target/look.ts'
import type { Target } from '../target/target.ts'
import { wait } from '../wait.ts'

/** What changes seldom is asked for so often, in milliseconds. */
const seldomMs = 300_000

/** How a deployed queue is, to whoever looks at its page; nobody is asked while nobody looks. */
export class LookFeed {
  readonly #target: Target
  readonly #queues: readonly string[]
  readonly #viewers = new Viewers(() => this.#stop.abort())
  #stop = new AbortController()
  #last = ''
  #seldom: Seldom = { at: 0, findings: [], schedules: [] }

  constructor(target: Target, queues: readonly string[]) {
    this.#target = target
    this.#queues = queues
  }

  add(viewer: ServerResponse): void {
    this.#viewers.add(viewer)
    if (this.#last !== '') this.#viewers.write('look', this.#last)
    if (this.#viewers.count > 1) return
    this.#stop = new AbortController()
    void this.#follow(this.#stop.signal)
  }

  close(): void {
    this.#viewers.close()
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const watcher = this.#target.watch()
    while (!signal.aborted) {
      try {
        const [look, seldom] = await Promise.all([watcher.look(), this.#askSeldom()])
        this.#last = JSON.stringify(frameOf(this.#target, this.#queues, look, seldom))
        this.#viewers.write('look', this.#last)
      } catch (error) {
        // what was seen before stays on the page, with this above it
        this.#viewers.write('problem', JSON.stringify(messageOf(error)))
      }
      await wait(watcher.everySeconds * 1_000, signal)
    }
  }

  async #askSeldom(): Promise<Seldom> {
    if (Date.now() - this.#seldom.at < seldomMs) return this.#seldom
    const findings: Finding[] = []
    const noted = async <Answer>(what: string, question: Promise<readonly Answer[]>) =>
      question.catch((error: unknown) => {
        findings.push({ what: `${what} cannot be read`, remedy: messageOf(error) })
        return []
      })
    const [alarms, schedules] = await Promise.all([
      noted('the alarms', this.#target.findings()),
      noted('the schedules', this.#target.schedules()),
    ])
    this.#seldom = { at: Date.now(), findings: [...alarms, ...findings], schedules }
    return this.#seldom
  }
}

interface Seldom {
  readonly at: number
  readonly findings: readonly Finding[]
  readonly schedules: readonly ScheduleLook[]
}

function frameOf(
  { queue: name }: Target,
  queues: readonly string[],
  { asOf, queue, classes, minutes, windowSeconds }: Look,
  { findings, schedules }: Seldom,
): QueueLookFrame {
  return {
    at: Date.now(),
    asOf: asOf ?? null,
    queue: asOf === undefined ? { name, ...unknown } : { name, ...queue },
    queues,
    classes: classes.map(({ desired = null, waitMs = null, deployment = null, ...one }) => ({
      ...one,
      ...{ desired, waitMs, deployment },
    })),
    minutes,
    schedules: schedules.map(({ name: schedule, last, next }) => ({ schedule, last, next })),
    findings,
    windowSeconds,
  }
}

/** While there are no figures, zeros would say that all is well. */
const unknown = {
  ready: null,
  consumers: null,
  inFlight: null,
  delayed: null,
  later: null,
  deadLetters: null,
  pausedSeconds: null,
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
