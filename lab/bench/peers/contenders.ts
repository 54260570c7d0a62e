import { dirname, join } from 'node:path'
import { beside, type Contender, loopVariables, type Place } from '../contenders.ts'
import type { Peers } from './peers.ts'

/** The programs of others, each as its documentation sets it up for one task at a time. */
export function peersOf({ versions }: Peers): readonly Contender[] {
  const named = (name: string) => `${name} ${versions[name] ?? ''}`.trim()
  const node = (name: string): Contender => ({
    ...{ name: named(name), wire: 'warren', variables: loopVariables },
    command: () => [process.execPath, beside(`peers/${name}.mjs`)],
  })
  return [
    node('rabbitmq-client'),
    node('amqp-connection-manager'),
    celery(named('celery'), 'prefork'),
    celery(named('celery'), 'threads'),
    dramatiq(named('dramatiq')),
    pika(named('pika')),
  ]
}

const python = ({ peers }: Place) => peers?.python ?? 'python3'
const inPeers = (place: Place) => ({ ...loopVariables(place), PYTHONPATH: beside('peers') })

/**
 * Late acknowledgement and prefetch multiplier 1; what makes workers talk to each other is off. The pool `prefork` is
 * its default, `threads` is sometimes faster. `solo` is not here: that of Celery 5.7.0 stands still with prefetch 1,
 * with a task delivered, until something else arrives.
 */
const celery = (name: string, pool: 'prefork' | 'threads'): Contender => ({
  ...{ name: `${name} ${pool}`, wire: 'celery', consumers: () => 1 },
  command: (place) => [...celeryWorker(place), '--pool', pool, ...quiet],
  variables: (place) => ({ ...inPeers(place), FAIR: '1' }),
})

const quiet = ['-O', 'fair', '--without-gossip', '--without-mingle', '--without-heartbeat']

const celeryWorker = (place: Place) => [
  ...[python(place), '-m', 'celery', '-A', 'celery_tasks', 'worker', '--loglevel', 'WARNING'],
  ...['--concurrency', String(place.slots)],
  // workers of one name would get into each other's way
  ...['--hostname', `${place.queue.name}-${place.factor ?? 1}@%h`],
]

/** A process with one thread for each slot, so that slots do not wait for each other's interpreter; prefetch 1 each. */
const dramatiq = (name: string): Contender => ({
  ...{ name, wire: 'dramatiq' },
  command: (place) => [...dramatiqWorker(place), '--processes', String(place.slots), '--threads', '1'],
  variables: (place) => ({ ...inPeers(place), dramatiq_queue_prefetch: '1' }),
})

// not by `-m`: its main module would be loaded twice
const dramatiqWorker = (place: Place) => [join(dirname(python(place)), 'dramatiq'), 'dramatiq_tasks']

const pika = (name: string): Contender => ({
  ...{ name: `bare loop of ${name}`, wire: 'warren', variables: loopVariables },
  command: (place) => [python(place), '-u', beside('peers/pika_loop.py')],
})

/** Both as they come: Celery acknowledges early and prefetches 4 for each slot, Dramatiq late and 2. */
export function withDefaults({ versions }: Peers): readonly Contender[] {
  return [
    {
      ...{
        name: `celery ${versions['celery'] ?? ''}`,
        wire: 'celery',
        consumers: () => 1,
        variables: inPeers,
      },
      command: celeryWorker,
    },
    {
      ...{
        name: `dramatiq ${versions['dramatiq'] ?? ''}`,
        wire: 'dramatiq',
        consumers: () => 1,
        variables: inPeers,
      },
      command: (place) => [...dramatiqWorker(place), '--processes', '1', '--threads', String(place.slots)],
    },
  ]
}
