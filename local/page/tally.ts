import type { TaskLogLine } from '../../services/contract/log.ts'
import type { CrewWatcher, Member } from '../crew.ts'
import { crewClasses, modes } from '../crew-settings.ts'
import type { LogRecord } from '../service-process.ts'
import type { Bar, Frame, Lane, Share } from './frame.ts'

/** Tries this short, in milliseconds, and this close to each other, are one bar: the eye cannot tell them apart. */
const shortMs = 40
const keptWaits = 1_000

type Changing<Type> = { -readonly [Key in keyof Type]: Type[Key] }
type Slot = Changing<Lane> & { readonly by: Member; readonly slot: number; bar: Changing<Bar> | undefined }

interface Count {
  done: number
  /** The last thousand, the next one's place being `added` modulo thousand. */
  readonly waits: Float64Array
  added: number
}

/** Adds up what the workers say, at little cost for each line, whether or not anybody looks. */
export class Tally implements CrewWatcher {
  /** Whether anybody looks: else no bars are kept. */
  watched = false
  #slots: Slot[] = []
  #bars: Bar[] = []
  #counts = new Map<string, Count>()
  #tries = 0
  #failed = 0
  #lost = 0

  task({ slot, startedAt, durationMs, outcome, waitMs }: TaskLogLine, by: Member): void {
    const failed = !['done', 'cancelled', 'handed-back'].includes(outcome)
    if (failed) this.#failed += 1
    if (outcome === 'done') this.#count(by, waitMs)
    const lane = this.#slots.find((lane) => lane.by === by && lane.slot === slot)
    if (lane === undefined) return
    lane.runningSince = null
    this.#tries += 1
    if (!this.watched) return
    const from = Date.parse(startedAt)
    const { row, leaving, bar } = lane
    if (bar && durationMs < shortMs && from - bar.to < shortMs && bar.leaving === leaving) {
      Object.assign(bar, { to: from + durationMs, tries: bar.tries + 1, failed: bar.failed || failed })
      return
    }
    const next = { row, from, to: from + durationMs, tries: 1, failed, leaving }
    this.#bars.push(next)
    // a long one stands for itself
    lane.bar = durationMs < shortMs ? next : undefined
  }

  record({ msg, ...fields }: LogRecord, by: Member): void {
    const own = this.#slots.filter((lane) => lane.by === by)
    if (msg === 'consuming') this.#consuming(Number(fields['slot']), by)
    if (msg === 'draining') for (const lane of own) lane.leaving = true
    if (msg === 'tasks lost: the broker forgot them when it sent them') this.#lost += Number(fields['tasks'])
    if (msg !== 'running') return
    const lane = own.find(({ slot }) => slot === fields['slot'])
    if (lane) lane.runningSince = Date.parse(String(fields['startedAt']))
  }

  ended(by: Member): void {
    this.#slots = this.#slots.filter((lane) => lane.by !== by)
  }

  /** Counts from nothing again. */
  reset(): void {
    this.#counts = new Map()
    this.#failed = 0
    this.#lost = 0
  }

  /** What there is to see now; `tries` and `bars` are those since the last time. */
  take(): Pick<Frame, 'lanes' | 'bars' | 'shares' | 'failed' | 'lost'> & { readonly tries: number } {
    const [bars, tries] = [this.#bars, this.#tries]
    this.#bars = []
    this.#tries = 0
    for (const lane of this.#slots) lane.bar = undefined
    const lanes = this.#slots.map(({ by: _by, slot: _slot, bar: _bar, ...lane }) => lane)
    return { tries, lanes, bars, shares: this.#shares(), failed: this.#failed, lost: this.#lost }
  }

  #consuming(slot: number, by: Member): void {
    if (this.#slots.some((lane) => lane.by === by && lane.slot === slot)) return
    const taken = new Set(this.#slots.filter(({ leaving }) => !leaving).map(({ row }) => row))
    let number = 1
    while (taken.has(`${by.class} ${number}`)) number += 1
    const row = `${by.class} ${number}`
    this.#slots.push({
      ...{ by, slot, row, class: by.class, from: Date.now() },
      ...{ leaving: false, runningSince: null, bar: undefined },
    })
  }

  #count(by: Member, waitMs: number | null): void {
    const key = `${by.mode} ${by.class}`
    const count = this.#counts.get(key) ?? { done: 0, waits: new Float64Array(keptWaits), added: 0 }
    this.#counts.set(key, count)
    count.done += 1
    if (waitMs === null) return
    count.waits[count.added % keptWaits] = waitMs
    count.added += 1
  }

  #shares(): Share[] {
    const names = Object.keys(modes) as (keyof typeof modes)[]
    return names.flatMap((mode) =>
      crewClasses.map((name) => {
        const count = this.#counts.get(`${mode} ${name}`)
        const waits = count?.waits.slice(0, count.added).sort() ?? []
        const quantile = (share: number) => waits[Math.ceil(share * waits.length) - 1] ?? null
        return { mode, class: name, done: count?.done ?? 0, p50: quantile(0.5), p95: quantile(0.95) }
      }),
    )
  }
}
