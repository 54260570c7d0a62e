import type { Random } from '../random.ts'
import type { WorkerClass } from './contestant.ts'
import type { Sample } from './distributions.ts'
import { createMeter, type Meter } from './meter.ts'
import { minBilledSeconds } from './parameters.ts'
import type { Timeline } from './timeline.ts'
import { createWorker, hasLongTask, isBusy, type Slot, type Worker } from './worker.ts'

/** What a service needs of the run that it is part of. */
export interface Surroundings {
  readonly timeline: Timeline
  now(): number
  readonly random: Random
  readonly startSeconds: Sample
  /** A slot that can take a task. */
  consume(slot: Slot): void
  /** A slot whose task is not finished: its worker's time was up. */
  cutOff(slot: Slot): void
}

/** The workers of a class, as ECS keeps them. */
export interface Service {
  readonly desired: number
  /** The most that were wanted so far. */
  readonly most: number
  /** Slots in service. */
  readonly consumers: Meter
  /** Seconds of all workers so far that are paid. */
  billedSeconds(): number
  /** Starts or stops workers until there are so many. */
  scale(desired: number): void
  /** A slot of a worker of this class has done its task. */
  freed(slot: Slot): void
}

/** Starts with the least number of workers, which are up. */
export function createService(kind: WorkerClass, index: number, around: Surroundings): Service {
  const { timeline, now, random, startSeconds } = around
  /** Those that are not told to stop. */
  let workers: Worker[] = []
  const leaving = new Set<Worker>()
  let desired = kind.min
  let most = desired
  const consumers = createMeter(now)
  let billed = 0
  const start = () => {
    const worker = createWorker(index, kind.slots, now())
    workers.push(worker)
    return worker
  }
  const up = (worker: Worker) => {
    if (worker.stopping) return
    worker.takesTasks = true
    consumers.add(kind.slots)
    for (const slot of worker.slots) around.consume(slot)
  }
  const end = (worker: Worker) => {
    worker.ended = true
    leaving.delete(worker)
    billed += Math.max(minBilledSeconds, now() - worker.startedAt)
  }
  const cutOff = (worker: Worker) => {
    if (worker.ended) return
    end(worker)
    for (const slot of worker.slots.filter(isBusy)) around.cutOff(slot)
  }
  const stop = (worker: Worker) => {
    workers = workers.filter((each) => each !== worker)
    leaving.add(worker)
    if (worker.takesTasks) consumers.add(-kind.slots)
    worker.stopping = true
    worker.takesTasks = false
    if (worker.slots.some(isBusy)) timeline.add(now() + kind.drainSeconds, () => cutOff(worker))
    else end(worker)
  }
  /** What is protected is stopped as soon as it no longer is. */
  const reconcile = () => {
    while (workers.length < desired) {
      const worker = start()
      timeline.add(now() + startSeconds(random), () => up(worker))
    }
    while (workers.length > desired) {
      const stoppable = kind.protects ? workers.filter((worker) => !hasLongTask(worker, now())) : workers
      if (stoppable.length === 0) return
      // ECS does not know who is idle
      stop(random.pick(stoppable))
    }
  }
  for (let count = 0; count < kind.min; count += 1) up(start())
  return {
    get desired() {
      return desired
    },
    get most() {
      return most
    },
    consumers,
    billedSeconds: () =>
      [...workers, ...leaving].reduce((sum, { startedAt }) => sum + now() - startedAt, billed),
    scale(wanted) {
      desired = wanted
      most = Math.max(most, wanted)
      reconcile()
    },
    freed(slot) {
      if (slot.worker.stopping) {
        if (!slot.worker.slots.some(isBusy)) end(slot.worker)
        return
      }
      if (workers.length > desired) reconcile()
      if (slot.worker.takesTasks) around.consume(slot)
    },
  }
}
