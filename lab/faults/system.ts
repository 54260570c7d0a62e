import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BrokerNode } from '../../local/broker/broker.ts'
import { startCluster, startNode } from '../../local/broker/start.ts'
import type {
  producerEnvironment,
  Variables,
  workerEnvironment,
} from '../../services/contract/environment.ts'
import { retryDefaults, type TopologySettings } from '../../services/contract/topology.ts'
import { createLedger, type TestLedger } from '../../test/support/test-ledger.ts'
import { until } from '../../test/support/until.ts'
import { imageOptions, imageVariables } from '../image-options.ts'
import { seededRandom } from '../random.ts'
import { BrokerAdmin, furtherQueue } from './broker-admin.ts'
import { bundleForFaults, type FaultBundles } from './bundles.ts'
import { effectsReader } from './effects.ts'
import { historyFile } from './history.ts'
import { type Effect, Ledger } from './ledger.ts'
import { Observations } from './observations.ts'
import { patienceSeconds } from './patience.ts'
import { Seat } from './seats.ts'
import { Workload } from './workload.ts'

export interface SystemOptions {
  readonly seed: number
  /** New tasks per second. */
  readonly rate: number
  readonly nodes?: 1 | 3
  /** What is otherwise than in all fault runs. */
  readonly settings?: Partial<TopologySettings>
  readonly progress?: (line: string) => void
  /** With a ledger in an embedded DynamoDB. @default false */
  readonly kept?: boolean
}

/** The heartbeat that the broker asks for, in seconds: on AWS a dead line is noticed after 10 s and more. */
const heartbeatSeconds = 2
/** Of each worker, and whether they share a thread: what one task does to its neighbours must explain itself too. */
const crew = {
  w1: { slots: 2, perThread: 1 },
  w2: { slots: 4, perThread: 4 },
  w3: { slots: 2, perThread: 1 },
  w4: { slots: 2, perThread: 1, queue: furtherQueue },
}
/** What a worker has, and the queue that it works on where that is not the default one. */
interface Place {
  readonly slots: number
  readonly perThread: number
  readonly queue?: string
}

/** Broker, producers and workers as they run on AWS, under load and within reach of the faults; `await using` ends all. */
export class System implements AsyncDisposable {
  readonly nodes: readonly BrokerNode[]
  readonly admin: BrokerAdmin
  readonly ledger: Ledger
  readonly seen: Observations
  readonly workload: Workload
  readonly workers: Seat[] = []
  readonly producers: Seat[] = []
  readonly folder: string
  /** The product's ledger, where the run has one; {@link Ledger} is the harness's own. */
  readonly kept: TestLedger | undefined
  readonly #bundles: FaultBundles
  readonly #effects: ReturnType<typeof effectsReader<Effect>>
  readonly #begun: ReturnType<typeof effectsReader<Omit<Effect, 'to'>>>
  readonly #history: ReturnType<typeof historyFile>
  #stack = new AsyncDisposableStack()
  #connections = 0

  private constructor(
    nodes: readonly BrokerNode[],
    bundles: FaultBundles,
    stack: AsyncDisposableStack,
    { seed, rate, settings }: SystemOptions,
    kept: TestLedger | undefined,
  ) {
    this.kept = kept
    this.nodes = nodes
    this.#bundles = bundles
    this.admin = new BrokerAdmin(nodes, settings)
    this.folder = mkdtempSync(join(tmpdir(), 'warren-faults-'))
    stack.defer(() => rmSync(this.folder, { recursive: true, force: true }))
    this.#history = historyFile(join(this.folder, 'history.jsonl'))
    const { deliveryLimit = retryDefaults.deliveryLimit } = settings ?? {}
    this.#history.note({ event: 'run', at: Date.now(), deliveryLimit })
    this.ledger = new Ledger(this.#history.note)
    this.seen = new Observations(this.ledger, this.admin.secrets)
    mkdirSync(join(this.folder, 'tries'))
    this.#effects = effectsReader(join(this.folder, 'effects'))
    stack.defer(() => this.#effects.close())
    this.#begun = effectsReader(join(this.folder, 'begun'))
    stack.defer(() => this.#begun.close())
    const open = () => {
      this.readEffects()
      return this.ledger.open
    }
    this.workload = new Workload(rate, seededRandom(seed), this.ledger, this.admin, open)
  }

  /**
   * Starts everything: three workers, the slots of one share a thread; one of a further queue; and two producers. Returns
   * when tasks flow.
   */
  static async start(options: SystemOptions): Promise<System> {
    await using stack = new AsyncDisposableStack()
    const { nodes: size = 1, progress = () => undefined, kept: isKept = false } = options
    const bundles = stack.use(bundleForFaults(isKept))
    const limit = options.settings?.deliveryLimit ?? retryDefaults.deliveryLimit
    const kept = isKept ? stack.use(await createLedger(limit)) : undefined
    const node = { env: process.env, progress, conf: [`heartbeat = ${heartbeatSeconds}`] }
    const nodes = size === 1 ? [await startNode(node)] : await startCluster(3, node)
    stack.defer(async () => void (await Promise.all(nodes.map((each) => each.stop()))))
    const system = new System(nodes, bundles, stack, options, kept)
    stack.defer(() => system.#killServices())
    await system.admin.apply()
    await Promise.all(nodes.map((each) => each.flush()))
    for (const name of ['p1', 'p2']) system.producers.push(await system.addProducer(name))
    for (const [name, place] of Object.entries(crew))
      system.workers.push(await system.addWorker(name, { place }))
    await Promise.all([...system.producers, ...system.workers].map((seat) => seat.untilReady()))
    system.workload.start(system.producers)
    system.#stack = stack.move()
    return system
  }

  async addWorker(
    name: string,
    { old = false, place = crew.w1 }: { old?: boolean; place?: Place } = {},
  ): Promise<Seat> {
    const { slots, perThread, queue = this.admin.queue } = place
    return this.#seat(
      name,
      [...imageOptions(), old ? this.#bundles.oldWorker : this.#bundles.worker],
      (brokerUrl) =>
        ({
          ...imageVariables(),
          ...this.#broker(brokerUrl, queue),
          ...this.admin.credentials('worker', queue),
          DEFAULT_QUEUE: this.admin.queue,
          ...this.kept?.variables,
          WORKER_CLASS: name,
          WORKER_SLOTS: String(slots),
          WORKER_SLOTS_PER_THREAD: String(perThread),
          DRAIN_SECONDS: '3',
          FAULTS_FOLDER: this.folder,
          FAULTS_WORKER: name,
        }) satisfies Variables<typeof workerEnvironment> & Record<string, string>,
    )
  }

  async addProducer(name: string): Promise<Seat> {
    const main = fileURLToPath(new URL('../../local/producer-main.ts', import.meta.url))
    return this.#seat(
      name,
      [main, this.#bundles.producer, '0'],
      (brokerUrl) =>
        ({
          ...this.#broker(brokerUrl),
          ...this.admin.credentials('producer'),
          MORE_QUEUES: JSON.stringify([furtherQueue]),
          ...this.kept?.variables,
        }) satisfies Variables<typeof producerEnvironment>,
    )
  }

  /** Reads what handlers have done, and whether that is true of these tasks. */
  done(ids: readonly string[]): boolean {
    this.readEffects()
    return ids.every((id) => this.ledger.isDone(id))
  }

  /** Waits until these tasks are done. */
  async untilDone(ids: readonly string[], within = patienceSeconds): Promise<void> {
    await until(() => this.done(ids), { within, what: `${ids.length} tasks of a fault are done` })
  }

  /** The worker on which a task that misbehaves has begun its first try; waits for that. */
  async untilBegun(id: string): Promise<Seat> {
    const file = join(this.folder, 'tries', id)
    // a line that is whole: a file is there before it has one
    const name = await until(() => /^(.+)\n/.exec(readFileSync(file, 'utf8'))?.[1], {
      within: patienceSeconds,
      what: `${id} has begun`,
    })
    const worker = this.workers.find((seat) => seat.name === name)
    if (!worker) throw new Error(`${id} began on ${name}, which is no worker`)
    return worker
  }

  readEffects(): void {
    for (const effect of this.#effects.read()) this.ledger.effect(effect)
    for (const begun of this.#begun.read()) this.ledger.begun(begun)
  }

  /**
   * Stops making tasks, and waits until each confirmed one is done or dead.
   * @throws Error that says how many are neither, which then are lost
   */
  async settle(within = 60): Promise<void> {
    this.workload.stop()
    const idle = await until(() => this.workload.idle, {
      within,
      what: 'the producers have confirmed all',
    }).then(
      () => undefined,
      (error: Error) => error,
    )
    const what = 'all confirmed tasks are done or dead'
    await until(() => this.#isSettled(), { within, what }).catch((error: Error) => {
      const left = this.ledger.unsettled()
      const some = left.slice(0, 5).join(', ')
      throw new Error(`${error.message}: ${left.length} are not, such as ${some}`, { cause: error })
    })
    if (idle) throw idle
  }

  /** Ends workers and producers in order, so that all their output is there. @throws Error when one does not end */
  async stopServices(): Promise<void> {
    await this.workload.end()
    const ended = await Promise.allSettled([
      ...this.workers.splice(0).map((seat) => seat.leave()),
      // as Lambda does: nobody asks an execution environment
      ...this.producers.splice(0).map((seat) => seat.leave('SIGKILL')),
    ])
    this.readEffects()
    for (const each of ended) if (each.status === 'rejected') throw each.reason
  }

  /** The file with all that was told to the harness, whole once the services have stopped: lab/checker judges it. */
  async history(): Promise<string> {
    await this.#history.close()
    return join(this.folder, 'history.jsonl')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }

  async #isSettled(): Promise<boolean> {
    this.readEffects()
    await this.admin.takeDeadLetters((id, reason) => this.ledger.dead(id, reason))
    for (const queue of [this.admin.queue, furtherQueue])
      if ((await this.admin.counts(queue)).messageCount > 0) return false
    return this.ledger.unsettled().length === 0
  }

  async #seat(
    name: string,
    command: readonly string[],
    variables: (brokerUrl: string) => Record<string, string>,
  ): Promise<Seat> {
    return Seat.make({ name, command, variables, target: this.#target(), ...this.seen.handlers })
  }

  #broker(url: string, queue = this.admin.queue) {
    return { BROKER_URL: url, BROKER_VHOST: '/', QUEUE_NAME: queue }
  }

  /** The nodes in turn, as Amazon MQ's load balancer has it. */
  #target() {
    const nodes = this.nodes
    const next = () => {
      this.#connections += 1
      return nodes[this.#connections % nodes.length] as BrokerNode
    }
    return {
      host: '127.0.0.1',
      get port() {
        return Number(new URL(next().amqpUrl).port)
      },
    }
  }

  async #killServices(): Promise<void> {
    await this.workload.end()
    await Promise.all([...this.workers, ...this.producers].map((seat) => seat.leave('SIGKILL')))
  }
}
