import { randomBytes } from 'node:crypto'
import type { Broker } from '../broker/broker.ts'
import type { BundlesFolder } from '../bundles.ts'
import { type NewTask, type ProducerProcess, startProducer } from '../producer-process.ts'
import { makeWorkQueue } from '../work-queue.ts'
import { startWorker, type WorkerProcess } from '../worker-process.ts'
import type { Experiment } from './catalogue.ts'
import { type PerClass, perClass, type WorkerClass } from './facts.ts'
import { type Ledger, makeLedger } from './ledger.ts'

/** What all experiments of a run have in common. */
export interface Setting {
  readonly broker: Omit<Broker, 'stop'>
  readonly bundles: BundlesFolder
  /** How many tasks, where they are equal. */
  readonly tasks: number
  /** Milliseconds that one of them takes on each worker. */
  readonly taskMs: PerClass<number>
  /** Told how many of the tasks each worker has done, whenever that changes. */
  readonly onProgress?: (done: PerClass<number>, tasks: number) => void
  readonly signal: AbortSignal
}

/** The tutorial's task. */
export interface SleepTask extends NewTask {
  readonly payload: { readonly ms: number }
}

/** An experiment's queue, producer and workers; disposing of it leaves no process and no user behind. */
export interface Stage extends AsyncDisposable {
  readonly producer: ProducerProcess
  readonly ledger: Ledger
  readonly tasks: readonly SleepTask[]
  readonly factors: PerClass<number>
  /** Longer than all the tasks take on the slow worker, in milliseconds: then something is lost. */
  readonly patienceMs: number
  /** Fires when the run is to stop, or a worker ended that was not asked to. */
  readonly signal: AbortSignal
  start(name: WorkerClass): WorkerProcess
  /** Ends a worker at once. */
  kill(worker: WorkerProcess): Promise<void>
  /** Lets the workers finish and ends them: all their lines are in the ledger then. */
  stop(): Promise<void>
}

/** Makes the queue and starts the producer. The workers are started by `start`. */
export async function setStage(experiment: Experiment, setting: Setting): Promise<Stage> {
  const { broker, bundles, taskMs, onProgress } = setting
  await using stack = new AsyncDisposableStack()
  const queue = await makeWorkQueue(broker, `${experiment.id}-${randomBytes(4).toString('hex')}`)
  stack.defer(() => queue.remove())
  const producer = startProducer(bundles.lambda('producer'), queue, 0)
  stack.defer(() => producer.kill())
  const ledger = makeLedger()
  const failed = new AbortController()
  const running = new Set<WorkerProcess>()
  stack.defer(async () => void (await Promise.all([...running].map((worker) => worker.kill()))))
  const factors = { slow: taskMs.slow / taskMs.fast, fast: 1 }
  const tasks = experiment.mixed ? mixedTasks(taskMs.fast) : equalTasks(setting.tasks, taskMs.fast)
  const doneBy = (name: WorkerClass) => {
    const done = ledger.done(name)
    return tasks.filter(({ id }) => done.has(id)).length
  }
  const kept = stack.move()
  return {
    ...{ producer, ledger, tasks, factors },
    patienceMs: 30_000 + 3 * factors.slow * tasks.reduce((sum, { payload }) => sum + payload.ms, 0),
    signal: AbortSignal.any([setting.signal, failed.signal]),
    start(name) {
      const { ack, prefetch } = experiment
      const worker = startWorker(
        bundles.worker,
        queue,
        { name, ack, prefetch, sleepFactor: factors[name] },
        (line) => {
          ledger.add(line)
          onProgress?.(perClass(doneBy), tasks.length)
        },
      )
      running.add(worker)
      void worker.ended.then((how) => {
        if (running.delete(worker)) failed.abort(new Error(`the ${name} worker ended in mid-run: ${how}`))
      })
      return worker
    },
    async kill(worker) {
      running.delete(worker)
      await worker.kill()
    },
    async stop() {
      const workers = [...running]
      running.clear()
      await Promise.all(workers.map((worker) => worker.stop()))
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** A long task of a mixed run is this many times as long as a short one. */
const longTask = 5

function equalTasks(count: number, ms: number): SleepTask[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `task-${index + 1}`,
    type: 'sleep',
    payload: { ms },
  }))
}

/** The long ones first: a long task that is begun last would hold up the end, whoever does it. */
function mixedTasks(ms: number): SleepTask[] {
  return [...equalTasks(2, longTask * ms), ...equalTasks(10, ms).slice(2)]
}
