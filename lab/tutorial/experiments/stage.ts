import { randomBytes } from 'node:crypto'
import type { Broker } from '../../../local/broker/broker.ts'
import type { BundlesFolder } from '../../../local/bundles.ts'
import { type ProducerProcess, startProducer } from '../../../local/producer-process.ts'
import type { ServiceOptions } from '../../../local/service-process.ts'
import { createWorkQueue } from '../../../local/work-queue.ts'
import { startWorker, type WorkerProcess } from '../../../local/worker-process.ts'
import { bundleWithQueue } from './bundle-with-queue.ts'
import type { Experiment } from './catalogue.ts'
import type { CpuLimit } from './cpu-limit.ts'
import { type PerClass, perClass, type WorkerClass } from './facts.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { type ExperimentTask, tasksOf } from './tasks.ts'

/** What all experiments of a run have in common. */
export interface Setting {
  readonly broker: Omit<Broker, 'stop'>
  readonly bundles: BundlesFolder
  /** How many tasks, where they are equal. */
  readonly tasks: number
  /** Milliseconds that one of them takes on each worker. */
  readonly taskMs: PerClass<number>
  /** For experiments whose workers differ in CPU. */
  readonly cpuLimit?: CpuLimit | undefined
  /** Told how many of the tasks each worker has done, whenever that changes. */
  readonly onProgress?: (done: PerClass<number>, tasks: number) => void
  readonly signal: AbortSignal
}

/** An experiment's queue, producer and workers; disposing of it leaves no process and no user behind. */
export interface Stage extends AsyncDisposable {
  readonly producer: ProducerProcess
  readonly ledger: Ledger
  readonly tasks: readonly ExperimentTask[]
  /** How much longer than the fast worker each takes for a task. */
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
  const { taskMs, onProgress } = setting
  await using stack = new AsyncDisposableStack()
  const { queues, bundles } = await setQueues(experiment, setting, stack)
  const producer = startProducer(bundles.lambda('producer'), queues.slow, 0, undefined, queues.more)
  stack.defer(() => producer.kill())
  const ledger = createLedger()
  const failed = new AbortController()
  const running = new Set<WorkerProcess>()
  stack.defer(async () => void (await Promise.all([...running].map((worker) => worker.kill()))))
  const factors = factorsOf(experiment, taskMs)
  const tasks = tasksOf(experiment, setting.tasks, taskMs.fast)
  const doneBy = (name: WorkerClass) => {
    const done = ledger.done(name)
    return tasks.filter(({ task }) => done.has(task.id)).length
  }
  const kept = stack.move()
  return {
    ...{ producer, ledger, tasks, factors },
    patienceMs: 30_000 + 3 * factors.slow * tasks.reduce((sum, { ms }) => sum + ms, 0),
    signal: AbortSignal.any([setting.signal, failed.signal]),
    start(name) {
      const { ack, prefetch } = experiment
      const worker = startWorker(
        bundles.worker,
        queues[name],
        { name, ack, prefetch, sleepFactor: factors[name], slots: slotsOf(experiment, name) },
        (line) => {
          ledger.add(line)
          onProgress?.(perClass(doneBy), tasks.length)
        },
        undefined,
        starterOf(experiment, setting, name),
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

/** The queue of each worker, one for both unless the experiment is about two. */
async function setQueues(experiment: Experiment, setting: Setting, stack: AsyncDisposableStack) {
  const { broker, bundles } = setting
  const name = `${experiment.id}-${randomBytes(4).toString('hex')}`
  const create = async (...settings: Parameters<typeof createWorkQueue>) => {
    const queue = await createWorkQueue(...settings)
    stack.defer(() => queue.remove())
    return queue
  }
  if (!experiment.queues) {
    const queue = await create(broker, name)
    return { bundles, queues: { slow: queue, fast: queue, more: [] } }
  }
  const waiting = await create(broker, `${name}-waits`, { home: name })
  const more = [waiting.name]
  const computing = await create(broker, name, { moreQueues: more })
  const withQueue = stack.use(bundleWithQueue(waiting.name))
  return { bundles: withQueue, queues: { slow: computing, fast: waiting, more } }
}

/** What waits has a slot for each task. */
const slotsOf = ({ queues }: Experiment, name: WorkerClass) => (queues && name === 'fast' ? 25 : 1)

/** By how much longer a task takes. */
function factorsOf({ cpus }: Experiment, { slow, fast }: PerClass<number>): PerClass<number> {
  return { slow: cpus ? cpus.fast / cpus.slow : slow / fast, fast: 1 }
}

/** What starts a worker where it is to have no more than so much CPU. */
function starterOf({ id, cpus }: Experiment, { cpuLimit }: Setting, name: WorkerClass) {
  if (!cpus) return undefined
  if (!cpuLimit) throw new Error(`${id} needs something that limits CPU`)
  return (options: ServiceOptions) => cpuLimit.start(options, cpus[name])
}
