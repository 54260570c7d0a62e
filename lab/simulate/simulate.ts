import type { Random } from '../random.ts'
import { createBroker } from './broker.ts'
import { type Contestant, type Control, slotSpeed, type View } from './contestant.ts'
import type { Sample } from './distributions.ts'
import type { Tasks } from './loads.ts'
import { createMeter } from './meter.ts'
import { dispatchSeconds } from './parameters.ts'
import { createService } from './service.ts'
import { createTimeline } from './timeline.ts'
import type { Slot } from './worker.ts'

export interface Run {
  readonly tasks: Tasks
  readonly contestant: Contestant
  readonly random: Random
  /** How long a worker takes to start. */
  readonly startSeconds: Sample
  /** From the end of a task to the start of the next on its slot. @default dispatchSeconds */
  readonly gapSeconds?: number
}

/** A look at the system, once a minute. */
export interface Minute {
  readonly minute: number
  readonly ready: number
  /** Slots in service, by class. */
  readonly slots: readonly number[]
}

export interface Outcome {
  /** Seconds from a task's publication to the start of the try that finished it. */
  readonly waits: Float64Array
  /** When the last task was done, in seconds since the start; Infinity where some never were. */
  readonly drainedAt: number
  /** Tasks that are cut off again and again: none was done for a day. Their waits are those until then. */
  readonly unfinished: number
  /** By class, until the last task was done and the load's time was over: seconds of workers that are paid, seconds in which slots were busy, the most workers that were wanted. */
  readonly workerSeconds: readonly number[]
  readonly busySeconds: readonly number[]
  readonly maxWanted: readonly number[]
  /** Tries that were cut off, and run again. */
  readonly interrupted: number
  readonly minutes: readonly Minute[]
}

/** Longer than any task takes, on the slowest slot too. */
const patienceSeconds = 86_400

/** One run, until all tasks are done and the load's time is over. Times are in seconds since the start. */
export function simulate({ tasks, contestant, random, startSeconds, gapSeconds }: Run): Outcome {
  const { arrivals, work, seconds } = tasks
  const { classes } = contestant
  const gap = gapSeconds ?? dispatchSeconds
  const waits = new Float64Array(arrivals.length).fill(Number.NaN)
  const timeline = createTimeline()
  let time = 0
  let [arrived, done, progressAt, interrupted] = [0, 0, 0, 0]
  const now = () => time
  const speeds = classes.map(slotSpeed)
  const busy = classes.map(() => createMeter(now))
  const finish = (slot: Slot, task: number) => {
    if (slot.task !== task) return
    waits[task] = slot.since - (arrivals[task] ?? 0)
    done += 1
    progressAt = time
    leave(slot)
    services[slot.worker.class]?.freed(slot)
    if (time >= seconds) settle()
  }
  const leave = (slot: Slot) => {
    slot.task = undefined
    busy[slot.worker.class]?.add(-1)
  }
  const broker = createBroker((slot, task) => {
    slot.task = task
    slot.since = time
    busy[slot.worker.class]?.add(1)
    const takes = (work[task] ?? 0) / (speeds[slot.worker.class] ?? 1) + gap
    timeline.add(time + takes, () => finish(slot, task))
  })
  const around = { timeline, now, random, startSeconds, consume: broker.consume }
  const cutOff = (slot: Slot) => {
    const { task } = slot
    leave(slot)
    interrupted += 1
    if (task !== undefined) broker.handBack(task)
  }
  const services = classes.map((kind, index) => createService(kind, index, { ...around, cutOff }))
  const view: View = {
    ready: () => broker.ready,
    inFlight: () => busy.reduce((sum, { value }) => sum + value, 0),
    consumers: () => services.map(({ consumers }) => consumers.value),
    busySeconds: (index) => busy[index]?.total() ?? 0,
    slotSeconds: (index) => services[index]?.consumers.total() ?? 0,
  }
  const follow = ({ class: index, everySeconds, lagSeconds, measure, decide }: Control) => {
    const value = measure(view)
    const service = services[index]
    const act = () => service?.scale(decide(time, value, service.desired))
    if (Number.isFinite(value)) timeline.add(time + lagSeconds, act)
    return everySeconds
  }
  /** Now and then again for ever. */
  const repeat = (first: number, work: () => number) => {
    const again = () => timeline.add(time + work(), again)
    timeline.add(first, again)
  }
  const phase = random.next()
  for (const control of contestant.controls(random))
    repeat(phase * control.everySeconds, () => follow(control))
  const minutes: Minute[] = []
  repeat(0, () => {
    minutes.push({ minute: time / 60, ready: broker.ready, slots: view.consumers() })
    return 60
  })
  let used = { workerSeconds: [] as number[], busySeconds: [] as number[] }
  const settle = () => {
    used = {
      workerSeconds: services.map((service) => service.billedSeconds()),
      busySeconds: busy.map((meter) => meter.total()),
    }
  }
  timeline.add(seconds, settle)
  const hopes = () => done < arrivals.length && time - progressAt < patienceSeconds
  while (hopes() || timeline.next <= seconds) {
    const arrival = arrivals[arrived] ?? Number.POSITIVE_INFINITY
    if (arrival <= timeline.next) {
      time = arrival
      broker.publish(arrived)
      arrived += 1
    } else {
      time = timeline.next
      timeline.step()
    }
  }
  const unfinished = arrivals.length - done
  return {
    ...{ waits: waits.map((wait, task) => (Number.isNaN(wait) ? time - (arrivals[task] ?? 0) : wait)) },
    ...{ ...used, unfinished, interrupted, minutes },
    drainedAt: unfinished > 0 ? Number.POSITIVE_INFINITY : progressAt,
    maxWanted: services.map(({ most }) => most),
  }
}
