import { protectedAfterSeconds } from './parameters.ts'

/** One consumer with prefetch 1. */
export interface Slot {
  readonly worker: Worker
  /** What it runs; undefined when it is free. */
  task: number | undefined
  /** Since when it runs that. */
  since: number
}

/** One Fargate task, or one pod. */
export interface Worker {
  /** Which class it is of. */
  readonly class: number
  readonly startedAt: number
  readonly slots: readonly Slot[]
  /** Up, and not told to stop. */
  takesTasks: boolean
  stopping: boolean
  ended: boolean
}

export function createWorker(index: number, slots: number, startedAt: number): Worker {
  const worker: Worker & { slots: Slot[] } = {
    ...{ class: index, startedAt, slots: [], takesTasks: false, stopping: false, ended: false },
  }
  for (let count = 0; count < slots; count += 1) worker.slots.push({ worker, task: undefined, since: 0 })
  return worker
}

export const isBusy = ({ task }: Slot) => task !== undefined

/** Whether one of its tasks has run for so long that it has asked ECS not to be stopped. */
export const hasLongTask = ({ slots }: Worker, now: number) =>
  slots.some((slot) => isBusy(slot) && now - slot.since >= protectedAfterSeconds)
