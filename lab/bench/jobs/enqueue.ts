import type { BenchQueue } from '../bench-queue.ts'
import type { Setting } from '../benchmark.ts'
import { beside, loopVariables, type Place, urlOf, warren } from '../contenders.ts'
import { peersOf } from '../peers/contenders.ts'
import { type Command, type Program, startProgram } from './program.ts'
import type { Store } from './stores.ts'

/** Who sends a job and who does it, one at a time. */
export interface Pair {
  readonly name: string
  readonly sender: (count: number) => Command
  readonly worker: Command
  /** Whether the worker consumes; where it says so itself, that is asked instead. */
  readonly consumes?: () => Promise<boolean>
}

/** The first jobs do not count: code and connections become warm. */
const warmUp = 100
const jobs = 400

/** The waits of jobs that were sent one by one to an idle system, from the call that sends it until it begins; in ms. */
export async function measurePair(pair: Pair, { signal }: Setting): Promise<readonly number[]> {
  await using worker = startProgram(pair.worker, signal)
  if (pair.consumes) while (!(await pair.consumes())) await new Promise((resolve) => setTimeout(resolve, 50))
  else
    await worker.until(
      ({ ready }) => ready,
      () => 0,
      `${pair.name} to be ready`,
    )
  await using sender = startProgram(pair.sender(warmUp + jobs), signal)
  await sender.ended
  const count = ({ waitedUs }: Program['told']) => waitedUs.length
  await worker.until((told) => count(told) === warmUp + jobs, count, `jobs of ${pair.name} that have begun`)
  return worker.told.waitedUs.slice(warmUp).map((us) => us / 1_000)
}

/** Warren's: the request reaches the producer's function, which the HTTP API calls. */
export function warrenPair(queue: BenchQueue, { bundles, peers }: Setting): Pair {
  const place: Place = { queue, slots: 1, bundles, peers }
  const bundle = `${bundles.lambda('producer')}/index.mjs`
  return {
    name: 'Warren',
    worker: { command: warren.command(place), variables: warren.variables(place) },
    consumes: async () => (await queue.counts()).consumers > 0,
    sender: (count) => ({
      command: [process.execPath, beside('jobs/amqp.mjs'), 'produce', String(count), bundle],
      variables: { ...queue.environment('producer'), METRICS_NAMESPACE: 'bench' },
    }),
  }
}

export function barePair(queue: BenchQueue, { bundles, peers }: Setting): Pair {
  const variables = { URL: urlOf({ queue, slots: 1, bundles, peers }), QUEUE: queue.name }
  const command = [process.execPath, beside('jobs/amqp.mjs')]
  return {
    name: 'bare amqplib pair',
    worker: { command: [...command, 'work'], variables },
    sender: (count) => ({ command: [...command, 'send', String(count)], variables }),
  }
}

/** BullMQ and graphile-worker. */
export function storePair(name: string, file: string, store: Store, peersFolder: string): Pair {
  const command = [process.execPath, beside(`jobs/${file}.mjs`)]
  const variables = { STORE: store.address, PEERS: peersFolder, CONCURRENCY: '1' }
  return {
    name,
    worker: { command: [...command, 'work'], variables },
    sender: (count) => ({ command: [...command, 'send', String(count)], variables }),
  }
}

/** Celery with its default pool. */
export function celeryPair(queue: BenchQueue, { bundles, peers }: Setting): Pair {
  if (!peers) throw new Error('Celery is a peer')
  const place: Place = { queue, slots: 1, bundles, peers }
  const contender = peersOf(peers).find(({ name }) => name.endsWith('prefork'))
  if (!contender) throw new Error('Celery is among the peers')
  const variables = contender.variables(place)
  return {
    name: contender.name,
    worker: { command: contender.command(place), variables },
    consumes: async () => (await queue.counts()).consumers > 0,
    sender: (count) => ({
      command: [peers.python, beside('jobs/celery_send.py'), String(count)],
      variables: { ...loopVariables(place), ...variables },
    }),
  }
}
