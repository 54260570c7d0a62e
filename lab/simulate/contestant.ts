import type { Random } from '../random.ts'
import type { Decide } from './scaling-model.ts'

/** A kind of worker, as many of which run as its scaling wants. */
export interface WorkerClass {
  readonly name: string
  readonly vcpu: number
  readonly memoryGiB: number
  readonly architecture: string
  readonly spot: boolean
  /** Tasks that one worker runs at a time. */
  readonly slots: number
  /** Workers at the start, and at the least. */
  readonly min: number
  readonly max: number
  /** Seconds that a stopped worker has for what it runs; what takes longer is handed back, and runs again from the start. */
  readonly drainSeconds: number
  /** Whether it protects itself from being stopped while it runs a long task. */
  readonly protects: boolean
}

/** How fast a slot works: 1 does a second of work on a whole vCPU in a second. A handler runs in one thread. */
export const slotSpeed = ({ vcpu, slots }: WorkerClass) => Math.min(1, vcpu / slots)

/** What scaling can see of the system. */
export interface View {
  ready(): number
  inFlight(): number
  /** Slots in service of each class. */
  consumers(): readonly number[]
  /** Slot-seconds of a class so far: busy ones, and all that were in service. */
  busySeconds(index: number): number
  slotSeconds(index: number): number
}

/** One policy at work in one run. */
export interface Control {
  /** Which of the classes it scales. */
  readonly class: number
  readonly everySeconds: number
  /** Seconds from a measurement until it has its effect. */
  readonly lagSeconds: number
  /** NaN where there is no data. */
  measure(view: View): number
  readonly decide: Decide
}

/** Workers with what scales them. */
export interface Contestant {
  readonly name: string
  readonly classes: readonly WorkerClass[]
  /** Anew for each run, since policies remember. */
  controls(random: Random): Control[]
  /** What is paid: each worker from its start to its end, or only the seconds in which a slot is busy. */
  readonly pays: 'workers' | 'busy seconds'
}
