import { retryDefaults } from '../../services/contract/topology.ts'
import type { Random } from '../random.ts'
import { createTimeline } from './timeline.ts'

/** Tasks that kill their process among others that do not, all in one queue at first. */
export interface Poisoning {
  readonly workers: number
  /** Of each worker. */
  readonly slots: number
  readonly poisons: number
  readonly innocents: number
  /** Failures from which on a task runs in quarantine; Infinity: never. */
  readonly quarantineFrom: number
}

/** What came of it. */
export interface Poisoned {
  /** Innocents that ended as dead letters. */
  innocentsDead: number
  /** The most failures of one innocent. */
  maxFailures: number
  poisonsDead: number
  /** Until the last innocent was done or dead. */
  seconds: number
}

/** All in seconds. Fargate starts a task in some half a minute, a worker its quarantine within a second. */
const timing = { shortestTask: 0.5, longestTask: 2.5, workerStart: 30, quarantineStart: 0.5 }

interface Task {
  readonly isPoison: boolean
  readonly seconds: number
  failures: number
}

interface Try {
  readonly task: Task
  state: 'thread' | 'waiting' | 'beside others' | 'alone' | 'over'
}

interface Worker {
  readonly tries: Set<Try>
  isUp: boolean
  /** The rule of services/worker/quarantine-host.ts: one after the other, and not side by side. */
  alone: boolean
  quarantineRuns: boolean
}

/** Plays it through, in the order that `random` decides. No process runs: time is counted. */
export function poison(poisoning: Poisoning, random: Random): Poisoned {
  const { poisons, innocents } = poisoning
  const { shortestTask, longestTask } = timing
  const tasks = Array.from({ length: poisons + innocents }, (_, index): Task => {
    const seconds = shortestTask + random.next() * (longestTask - shortestTask)
    return { isPoison: index < poisons, seconds, failures: 0 }
  })
  return new Model(poisoning, random, random.shuffle(tasks)).run()
}

class Model {
  readonly #poisoning: Poisoning
  readonly #random: Random
  readonly #ready: Task[]
  readonly #workers: readonly Worker[]
  readonly #timeline = createTimeline()
  readonly #result: Poisoned = { innocentsDead: 0, maxFailures: 0, poisonsDead: 0, seconds: 0 }
  #now = 0

  constructor(poisoning: Poisoning, random: Random, tasks: Task[]) {
    this.#poisoning = poisoning
    this.#random = random
    this.#ready = tasks
    this.#workers = Array.from({ length: poisoning.workers }, () => {
      return { tries: new Set(), isUp: true, alone: false, quarantineRuns: false }
    })
  }

  run(): Poisoned {
    this.#deliver()
    while (this.#timeline.next < Number.POSITIVE_INFINITY) this.#timeline.step()
    return this.#result
  }

  #after(seconds: number, run: () => void): void {
    const at = this.#now + seconds
    this.#timeline.add(at, () => {
      this.#now = at
      run()
      this.#deliver()
    })
  }

  /** To each worker with a free slot in turn. */
  #deliver(): void {
    const isFree = ({ isUp, tries }: Worker) => isUp && tries.size < this.#poisoning.slots
    while (this.#ready.length > 0 && this.#workers.some(isFree)) {
      for (const worker of this.#workers.filter(isFree)) {
        const task = this.#ready.shift()
        if (task) this.#begin(worker, task)
      }
    }
  }

  #begin(worker: Worker, task: Task): void {
    const inThread = task.failures < this.#poisoning.quarantineFrom
    const tried: Try = { task, state: inThread ? 'thread' : 'waiting' }
    worker.tries.add(tried)
    if (inThread) this.#try(worker, tried, 0)
    else this.#quarantine(worker)
  }

  #try(worker: Worker, tried: Try, delay: number): void {
    const { isPoison, seconds } = tried.task
    const { state } = tried
    this.#after(delay + seconds * (isPoison ? this.#random.next() : 1), () => {
      if (tried.state !== state) return
      if (!isPoison) this.#end(worker, tried, 'done')
      else if (state === 'thread') this.#workerDies(worker)
      else this.#quarantineDies(worker)
    })
  }

  #end(worker: Worker, tried: Try, outcome: 'done' | 'failed'): void {
    tried.state = 'over'
    worker.tries.delete(tried)
    if (outcome === 'failed') this.#fail(tried.task)
    else this.#result.seconds = this.#now
    if (inState(worker, 'waiting', 'beside others', 'alone').length === 0) worker.alone = false
    this.#quarantine(worker)
  }

  #fail(task: Task): void {
    const { deliveryLimit, retryMinSeconds, retryMaxSeconds } = retryDefaults
    const result = this.#result
    task.failures += 1
    if (!task.isPoison) result.maxFailures = Math.max(result.maxFailures, task.failures)
    if (task.failures <= deliveryLimit) {
      const delay = Math.min(retryMaxSeconds, retryMinSeconds * task.failures)
      this.#after(delay, () => void this.#ready.push(task))
    } else if (task.isPoison) result.poisonsDead += 1
    else Object.assign(result, { innocentsDead: result.innocentsDead + 1, seconds: this.#now })
  }

  /** The broker counts a failure of each task that the worker held. */
  #workerDies(worker: Worker): void {
    const tries = [...worker.tries]
    worker.tries.clear()
    Object.assign(worker, { isUp: false, alone: false, quarantineRuns: false })
    for (const tried of tries) {
      tried.state = 'over'
      this.#fail(tried.task)
    }
    this.#after(timing.workerStart, () => Object.assign(worker, { isUp: true }))
  }

  #quarantine(worker: Worker): void {
    const isBusy = inState(worker, 'beside others', 'alone').length > 0
    const state = worker.alone ? 'alone' : 'beside others'
    const waiting = inState(worker, 'waiting')
    for (const tried of worker.alone ? waiting.slice(0, isBusy ? 0 : 1) : waiting) {
      tried.state = state
      const delay = worker.quarantineRuns ? 0 : timing.quarantineStart
      worker.quarantineRuns = true
      this.#try(worker, tried, delay)
    }
  }

  #quarantineDies(worker: Worker): void {
    worker.quarantineRuns = false
    const ran = inState(worker, 'beside others', 'alone')
    const hadCompany = worker.alone || ran.length > 1
    const [again, guilty] = [
      ran.filter(({ state }) => state === 'beside others' && hadCompany),
      ran.filter(({ state }) => state === 'alone' || !hadCompany),
    ]
    for (const tried of again) tried.state = 'waiting'
    if (again.length > 0) worker.alone = true
    for (const tried of guilty) this.#end(worker, tried, 'failed')
    this.#quarantine(worker)
  }
}

function inState({ tries }: Worker, ...states: readonly Try['state'][]): Try[] {
  return [...tries].filter(({ state }) => states.includes(state))
}
