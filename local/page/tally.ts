import { limits } from '../../services/contract/limits.ts'
import { type TaskLogLine, unfailing } from '../../services/contract/log.ts'
import type { CrewWatcher, Member } from '../crew.ts'
import { crewClasses, modes } from '../crew-settings.ts'
import type { LogRecord } from '../service-process.ts'
import type { Bar, FailureReason, Frame, GroupWait, Lane, Share } from './frame.ts'
import { Waits } from './waits.ts'

/** Tries this short, in milliseconds, and this close to each other, are one bar: the eye cannot tell them apart. */
const shortMs = 40
/** Of so many tenants waits are counted; of so many, and of so many priorities, they are shown. */
const [countedTenants, shownGroups] = [100, 8]
/** Of so many reasons failures are counted, by their first characters. */
const [countedReasons, reasonLength] = [100, 200]

type Changing<Type> = { -readonly [Key in keyof Type]: Type[Key] }
type Slot = Changing<Lane> & { readonly by: Member; readonly slot: number; bar: Changing<Bar> | undefined }

/** Adds up what the workers say, at little cost for each line, whether or not anybody looks. */
export class Tally implements CrewWatcher {
  /** Whether anybody looks: else no bars are kept. */
  watched = false
  #slots: Slot[] = []
  #bars: Bar[] = []
  #byMember = new Waits(Number.POSITIVE_INFINITY)
  #byPriority = new Waits(limits.priority + 1)
  #byTenant = new Waits(countedTenants)
  #tries = 0
  #failed = 0
  #lost = 0
  #reasons = new Map<string, FailureReason>()

  task(line: TaskLogLine, by: Member): void {
    const { id, slot, startedAt, durationMs, outcome } = line
    const failed = !unfailing.includes(outcome)
    if (failed) this.#fail(line)
    if (outcome === 'done') this.#count(line, by)
    const lane = this.#slots.find((lane) => lane.by === by && lane.slot === slot)
    if (lane === undefined) return
    lane.runningSince = null
    this.#tries += 1
    if (!this.watched) return
    const from = Date.parse(startedAt)
    const { row, leaving, bar } = lane
    if (bar && durationMs < shortMs && from - bar.to < shortMs && bar.leaving === leaving) {
      Object.assign(bar, { id, to: from + durationMs, tries: bar.tries + 1, failed: bar.failed || failed })
      return
    }
    const next = { id, row, from, to: from + durationMs, tries: 1, failed, leaving }
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
    this.#byMember = new Waits(Number.POSITIVE_INFINITY)
    this.#byPriority = new Waits(limits.priority + 1)
    this.#byTenant = new Waits(countedTenants)
    this.#failed = 0
    this.#lost = 0
    this.#reasons.clear()
  }

  /** What there is to see now; `tries` and `bars` are those since the last time. */
  take(): Pick<Frame, 'lanes' | 'bars' | 'shares' | 'waits' | 'failed' | 'reasons' | 'lost'> & {
    readonly tries: number
  } {
    const [bars, tries] = [this.#bars, this.#tries]
    this.#bars = []
    this.#tries = 0
    for (const lane of this.#slots) lane.bar = undefined
    const lanes = this.#slots.map(({ by: _by, slot: _slot, bar: _bar, ...lane }) => lane)
    const [shares, waits] = [this.#shares(), this.#waits()]
    const reasons = [...this.#reasons.values()]
      .toSorted((one, other) => other.count - one.count)
      .slice(0, shownGroups)
    return { tries, lanes, bars, shares, waits, failed: this.#failed, reasons, lost: this.#lost }
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

  #fail({ reason, outcome, time }: TaskLogLine): void {
    this.#failed += 1
    const name = (reason ?? outcome).slice(0, reasonLength)
    const count = (this.#reasons.get(name)?.count ?? 0) + 1
    // those that came last stand last: of too many the first goes
    this.#reasons.delete(name)
    this.#reasons.set(name, { reason: name, count, lastAt: Date.parse(time) })
    const [leastRecent = ''] = this.#reasons.keys()
    if (this.#reasons.size > countedReasons) this.#reasons.delete(leastRecent)
  }

  #count({ waitMs, priority, tenant }: TaskLogLine, by: Member): void {
    this.#byMember.add(`${by.mode} ${by.class}`, waitMs)
    this.#byPriority.add(`${priority}`, waitMs)
    if (tenant !== undefined) this.#byTenant.add(tenant, waitMs)
  }

  #shares(): Share[] {
    const names = Object.keys(modes) as (keyof typeof modes)[]
    return names.flatMap((mode) =>
      crewClasses.map((name) => ({ mode, class: name, ...this.#byMember.of(`${mode} ${name}`) })),
    )
  }

  #waits(): Frame['waits'] {
    const priorities = groupsOf(this.#byPriority)
    return {
      priorities: priorities.toSorted((one, other) => Number(other.name) - Number(one.name)),
      tenants: groupsOf(this.#byTenant),
    }
  }
}

function groupsOf(waits: Waits): GroupWait[] {
  return waits.most(shownGroups).map((name) => ({ name, ...waits.of(name) }))
}
