import { consumingChannels } from '../services/contract/channels.ts'
import { publishes } from '../services/contract/publishing.ts'
import { defaultTopology, definitions } from '../services/contract/topology.ts'
import { taskTypes } from '../services/tasks/registry.ts'
import { brokerLimits, brokerNodes, healthyPercent } from './limits.ts'
import { slotsOf, slotsPerThreadOf } from './settings/worker-class.ts'

/** The parts of an environment that use or offer connections, channels and queues. */
export interface Connected {
  readonly broker: { readonly mode: keyof typeof brokerNodes; readonly instanceType: string }
  readonly workQueue: Queue & { readonly producer: { readonly connections: number } }
  readonly moreQueues?: readonly Queue[] | undefined
}

interface Queue {
  readonly queue: string
  readonly workers: readonly {
    readonly name: string
    readonly cpu: number
    readonly slots?: number | undefined
    readonly slotsPerThread?: number | undefined
    readonly maxTasks: number
  }[]
}

/** How many a broker has, and how many the services may use in the worst case. */
export interface Budget {
  readonly what: 'connections' | 'channels' | 'queues'
  readonly terms: readonly { readonly name: string; readonly amount: number; readonly why: string }[]
  readonly needed: number
  readonly available: number
  /** How `available` comes about. */
  readonly rule: string
}

/** Probe, operator and topology of a queue, one connection each at most; the first and the last speak HTTP. */
const others = 3

/**
 * The budget in the worst minute: every class is deployed at its maximum while the producer's functions are replaced. A
 * fifth of the limit stays free for operators and for what these figures leave out. In a cluster, the other nodes must
 * have room for one node's connections.
 * @param workersPublish whether handlers send tasks
 */
export function connectionBudgets(
  environment: Connected,
  workersPublish = taskTypes.some(publishes),
): Budget[] {
  const { mode, instanceType } = environment.broker
  const limit = brokerLimits[instanceType]?.[mode]
  if (!limit) return []
  const nodes = Math.max(brokerNodes[mode] - 1, 1)
  const budget = (what: Budget['what'], terms: Budget['terms']): Budget => ({
    what,
    terms,
    needed: terms.reduce((sum, { amount }) => sum + amount, 0),
    // queues are limited for the broker as a whole
    available: Math.floor(0.8 * limit[what] * (what === 'queues' ? 1 : nodes)),
    rule: `0.8 × ${limit[what]}${what === 'queues' ? '' : ` a node × ${nodes}`}`,
  })
  // a worker has one to consume, and where handlers send one to publish
  const perWorker = workersPublish ? 2 : 1
  return [
    budget(
      'connections',
      terms(environment, 1, () => perWorker),
    ),
    // a worker has those on which its slots consume, one a slot where these publish, and one to listen to the operator;
    // the producer one to publish and one to look at the queues
    budget(
      'channels',
      terms(environment, 2, (worker) => {
        const slots = slotsOf(worker)
        return consumingChannels(slots, slotsPerThreadOf(worker)) + (workersPublish ? slots : 0) + 1
      }),
    ),
    budget('queues', queueTerms(environment)),
  ]
}

function terms(
  { workQueue, moreQueues = [] }: Connected,
  perProducer: number,
  perTask: (worker: Queue['workers'][number]) => number,
): Budget['terms'] {
  const { connections } = workQueue.producer
  const queues = 1 + moreQueues.length
  return [
    ...workersOf(workQueue, '', perTask),
    ...moreQueues.flatMap((queue) => workersOf(queue, ` of queue ${queue.queue}`, perTask)),
    {
      name: 'producer',
      // a function that was frozen or replaced leaves its connection to the broker for three heartbeats
      amount: 2 * connections * perProducer,
      why: `2 × ${connections} × ${perProducer}`,
    },
    {
      name: 'probe, operator, topology',
      amount: others * queues,
      why: queues === 1 ? 'one each' : `one each × ${queues} queues`,
    },
  ]
}

/** Of each work queue those of its topology, and one with which each worker listens to the operator. */
function queueTerms({ workQueue, moreQueues = [] }: Connected): Budget['terms'] {
  const each = definitions(defaultTopology(workQueue.queue)).queues.length
  const count = 1 + moreQueues.length
  return [
    { name: 'work queues and what belongs to them', amount: each * count, why: `${each} × ${count}` },
    ...[workQueue, ...moreQueues].flatMap((queue) => workersOf(queue, ` of queue ${queue.queue}`, () => 1)),
  ]
}

function workersOf(
  { workers }: Queue,
  where: string,
  perTask: (worker: Queue['workers'][number]) => number,
): Budget['terms'] {
  return workers.map((worker) => ({
    name: `workers "${worker.name}"${where}`,
    amount: Math.ceil((worker.maxTasks * healthyPercent.max) / 100) * perTask(worker),
    why: `${worker.maxTasks} tasks × ${healthyPercent.max} % × ${perTask(worker)}`,
  }))
}

/** The budget as lines of text, a term on each. */
export function describeBudget({ what, terms, needed, available, rule }: Budget): string {
  const lines = terms.map(({ name, amount, why }) => `  ${String(amount).padStart(6)}  ${name} (${why})`)
  return [
    `${what} at the broker:`,
    ...lines,
    `  ${String(needed).padStart(6)}  of ${available} (${rule})`,
  ].join('\n')
}
