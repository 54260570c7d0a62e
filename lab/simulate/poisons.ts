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
  state: 'thread' | 'waiting' | 'quarantined' | 'over'
  /** With how many it may run side by side in quarantine: the rule of services/worker/quarantine-host.ts. */
  company: number
  begun: number
}

interface Worker {
  readonly tries: Set<Try>
  isUp: boolean
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
      return { tries: new Set(), isUp: true, quarantineRuns: false }
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
    const tried: Try = {
      task,
      state: inThread ? 'thread' : 'waiting',
      company: Number.POSITIVE_INFINITY,
      begun: 0,
    }
    worker.tries.add(tried)
    if (inThread) this.#try(worker, tried, 0)
    else this.#quarantine(worker)
  }

  #try(worker: Worker, tried: Try, delay: number): void {
    const { isPoison, seconds } = tried.task
    const { state } = tried
    tried.begun += 1
    const { begun } = tried
    this.#after(delay + seconds * (isPoison ? this.#random.next() : 1), () => {
      // what it ran in has died meanwhile
      if (tried.state !== state || tried.begun !== begun) return
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
    Object.assign(worker, { isUp: false, quarantineRuns: false })
    for (const tried of tries) {
      tried.state = 'over'
      this.#fail(tried.task)
    }
    this.#after(timing.workerStart, () => Object.assign(worker, { isUp: true }))
  }

  #quarantine(worker: Worker): void {
    const waiting = inState(worker, 'waiting')
    const running = inState(worker, 'quarantined')
    const company = Math.min(...[...waiting, ...running].map((tried) => tried.company))
    if (company < Number.POSITIVE_INFINITY && running.length > 0) return
    for (const tried of waiting.filter((each) => each.company === company).slice(0, company)) {
      tried.state = 'quarantined'
      const delay = worker.quarantineRuns ? 0 : timing.quarantineStart
      worker.quarantineRuns = true
      this.#try(worker, tried, delay)
    }
  }

  #quarantineDies(worker: Worker): void {
    worker.quarantineRuns = false
    const ran = inState(worker, 'quarantined')
    const hadCompany = ran.length + inState(worker, 'waiting').length > 1
    for (const tried of ran) {
      if (!hadCompany || tried.company === 1) this.#end(worker, tried, 'failed')
      else Object.assign(tried, { state: 'waiting', company: nextCompany(tried, ran.length) })
    }
    this.#quarantine(worker)
  }
}

function nextCompany({ company }: Try, ran: number): number {
  return company === Number.POSITIVE_INFINITY ? Math.floor(Math.sqrt(ran)) : 1
}

function inState({ tries }: Worker, wanted: Try['state']): Try[] {
  return [...tries].filter(({ state }) => state === wanted)
}
