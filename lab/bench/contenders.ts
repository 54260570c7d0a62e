import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { lastLines } from '../../local/broker/run.ts'
import { supervise, untilInputClosesWithGroup } from '../../local/broker/supervise.ts'
import { imageOptions, imageVariables } from '../image-options.ts'
import type { BenchQueue } from './bench-queue.ts'
import type { Setting } from './benchmark.ts'
import type { Wire } from './wire.ts'

/** Where and how a contender works. */
export interface Place extends Pick<Setting, 'bundles' | 'peers'> {
  readonly queue: BenchQueue
  readonly slots: number
  /** How much longer than its `ms` a `sleep` takes here. Default 1. */
  readonly factor?: number
  /** The broker's address, where a proxy stands before it: amqp://host:port. */
  readonly amqpUrl?: string
}

/** A program that works off a queue. */
export interface Contender {
  readonly name: string
  readonly wire: Wire
  /** Consumers on the queue once it works with so many slots. Default: one per slot. */
  readonly consumers?: (slots: number) => number
  readonly command: (place: Place) => readonly string[]
  readonly variables: (place: Place) => Readonly<Record<string, string>>
}

/** A contender that consumes. */
export interface Running extends AsyncDisposable {
  /** Fires when the run is stopped, and when this ends by itself: nothing would take tasks off its queue any more. */
  readonly signal: AbortSignal
  /** All that it has written. */
  output(): string
}

/** Starts a contender and waits until it consumes. Disposing of it ends it at once, with what it has started. */
export async function start(contender: Contender, place: Place, signal: AbortSignal): Promise<Running> {
  const { queue, slots } = place
  const before = (await queue.counts()).consumers
  const folder = mkdtempSync(join(tmpdir(), 'warren-bench-'))
  const log = join(folder, 'log')
  const command = ['sh', '-c', untilInputClosesWithGroup, 'sh', ...contender.command(place)]
  const { PATH, HOME } = process.env
  const env = { PATH, HOME, PYTHONDONTWRITEBYTECODE: '1', ...contender.variables(place) }
  const program = supervise(command, env, log)
  const ended = new AbortController()
  const onExit = () =>
    ended.abort(new Error(`${contender.name} has ended: ${lastLines(readFileSync(log, 'utf8'), 12)}`))
  program.child.once('exit', onExit)
  const end = async () => {
    program.child.off('exit', onExit)
    await program.end()
    rmSync(folder, { recursive: true })
  }
  const wanted = before + (contender.consumers?.(slots) ?? slots)
  try {
    while ((await queue.counts()).consumers < wanted) {
      if (program.hasEnded()) {
        throw new Error(
          `${contender.name} ended before it consumed: ${lastLines(await program.output(), 12)}`,
        )
      }
      await delay(50, undefined, { signal })
    }
  } catch (error) {
    await end()
    throw error
  }
  return {
    output: () => readFileSync(log, 'utf8'),
    signal: AbortSignal.any([signal, ended.signal]),
    [Symbol.asyncDispose]: end,
  }
}

/**
 * The worker as it is deployed: the bundle under its image's command, threads, validation, a log line per task, metrics,
 * protection armed.
 */
export const warren: Contender = {
  name: 'Warren',
  wire: 'warren',
  command: ({ bundles }) => [process.execPath, ...imageOptions(), join(bundles.worker, 'main.mjs')],
  variables: ({ queue, slots, factor = 1, amqpUrl }) => ({
    ...imageVariables(),
    ...queue.environment('worker'),
    ...(amqpUrl === undefined ? {} : { BROKER_URL: amqpUrl }),
    WORKER_CLASS: 'bench',
    WORKER_SLOTS: String(slots),
    METRICS_NAMESPACE: 'Warren',
    // asked only for tasks of 30 s and more
    ECS_AGENT_URI: 'http://127.0.0.1:9',
    SLEEP_FACTOR: String(factor),
  }),
}

/** What a Node client can reach: consume, do the work in the callback, acknowledge, and nothing else. */
export const bareLoop: Contender = {
  name: 'bare amqplib loop',
  wire: 'warren',
  command: () => [process.execPath, beside('bare-loop.ts')],
  variables: loopVariables,
}

/** The address with the administrator's name and password, for clients that take a URL. */
export function urlOf({ queue, amqpUrl }: Place): string {
  const { broker } = queue
  const url = new URL(amqpUrl ?? broker.amqpUrl)
  url.username = broker.admin.username
  url.password = broker.admin.password
  url.pathname = `/${encodeURIComponent(broker.vhost)}`
  return url.href
}

/** What the loops beside this module are told. */
export function loopVariables(place: Place): Readonly<Record<string, string>> {
  const { queue, slots, factor = 1, peers } = place
  return {
    ...{ URL: urlOf(place), QUEUE: queue.name, SLOTS: String(slots), FACTOR: String(factor) },
    ...(peers ? { PEERS: peers.node } : {}),
  }
}

/** The file of a module beside this one. */
export function beside(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url))
}
