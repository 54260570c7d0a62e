import { type BrokerVariables, brokerAccess } from '../amqp/connection.ts'
import { KeptConnection } from '../amqp/kept-connection.ts'
import { openApiFile } from '../contract/documents/file.ts'
import type { Logger } from '../contract/log.ts'
import { flushSeconds } from '../contract/metrics.ts'
import type { Placing } from '../contract/placement.ts'
import { Tenants } from '../contract/tenants.ts'
import { taskTypes } from '../tasks/registry.ts'
import { createEmitter } from '../telemetry/emit.ts'
import type { ProducerTracing } from '../tracing/port.ts'
import {
  type HttpResponse,
  isHttpEvent,
  type RouteAnswer,
  type Routes,
  readJson,
  readTraceparent,
  respond,
  respondWithProblem,
  route,
} from './http.ts'
import { ProducerMetrics } from './metrics.ts'
import { readOpenApi } from './openapi.ts'
import { ProblemError, retryAfter } from './problem.ts'
import { Publisher } from './publisher.ts'
import { type QueueDepth, queueDepths } from './queue-depth.ts'
import { prepareTasks } from './request.ts'
import { type LedgerSide, notAccepted, type Publish, submit } from './submission.ts'

/** What a producer needs to know: the parsed variables of its environment. */
export interface ProducerVariables extends BrokerVariables {
  readonly QUEUE_NAME: string
  readonly MORE_QUEUES: readonly string[]
  readonly METRICS_NAMESPACE?: string | undefined
  readonly METRICS_SECONDS?: number | undefined
}

export interface ProducerOptions {
  /** @default see Publisher */
  readonly confirmMs?: number
  /** @default none: nobody asks what became of a task, and no key is unique */
  readonly ledger?: LedgerSide
  /** @default nobody is told of traces */
  readonly tracing?: ProducerTracing | undefined
}

/** The most ids in the log line of tasks that were not accepted. */
const idsLogged = 100

/** Takes requests and answers when the broker has confirmed the tasks. */
export class Producer {
  readonly #log: Logger
  /** The default one first. */
  readonly #queues: readonly [string, ...string[]]
  readonly #kept: KeptConnection
  readonly #publisher: Publisher
  readonly #metrics: ProducerMetrics | undefined
  readonly #placing: Placing
  readonly #tracing: ProducerTracing | undefined
  readonly #routes: Routes
  readonly #ledger: LedgerSide | undefined

  constructor(
    variables: ProducerVariables,
    log: Logger,
    { confirmMs, ledger, tracing }: ProducerOptions = {},
  ) {
    const { QUEUE_NAME: queue, MORE_QUEUES: moreQueues } = variables
    this.#log = log
    this.#ledger = ledger
    this.#tracing = tracing
    this.#queues = [queue, ...moreQueues]
    const types = new Map(taskTypes.map((type) => [type.type, type]))
    this.#placing = { types, defaultQueue: queue, tenants: new Tenants() }
    this.#kept = new KeptConnection(brokerAccess(variables, log), `${queue} producer`, log)
    this.#publisher = new Publisher(this.#kept, log, confirmMs)
    const { METRICS_NAMESPACE: namespace, METRICS_SECONDS: seconds = flushSeconds.producer } = variables
    if (namespace !== undefined) this.#metrics = new ProducerMetrics(createEmitter(namespace), queue, seconds)
    this.#routes = new Map([
      ['/tasks', new Map([['POST', (event) => this.#submit(readJson(event), readTraceparent(event))]])],
      ['/tasks/{id}', new Map([['GET', (event, id) => (ledger ? ledger.answer(event, id) : noLedger())]])],
      ['/queue', new Map([['GET', () => this.#depth()]])],
      [`/${openApiFile}`, new Map([['GET', async () => ({ status: 200, body: await readOpenApi() })]])],
    ])
  }

  /**
   * Answers an HTTP API's event with a response, and a direct invocation, whose event is the request itself, with the
   * response's body.
   * @throws ProblemError on a failed direct invocation only: its message is the body.
   */
  async handle(event: unknown): Promise<HttpResponse | object> {
    if (!isHttpEvent(event)) return this.#orProblem(async () => (await this.#submit(event)).body)
    try {
      return respond(await this.#orProblem(() => route(this.#routes, event)))
    } catch (error) {
      if (error instanceof ProblemError) return respondWithProblem(error)
      throw error
    }
  }

  /** Closes the connection, and writes the metrics that are left. */
  async close(): Promise<void> {
    this.#metrics?.flush()
    await this.#kept.close()
  }

  async #submit(request: unknown, traceparent?: string): Promise<RouteAnswer> {
    const publishing = this.#tracing?.publishing(traceparent)
    const trace = publishing?.traceparent ?? traceparent
    const tasks = prepareTasks(request, this.#placing, trace, this.#ledger?.days)
    let durationMs = 0
    const publish: Publish = async (prepared) => {
      const startedAt = Date.now()
      const outcomes = await this.#publisher.publish(prepared)
      durationMs = Date.now() - startedAt
      publishing?.ended(prepared, outcomes)
      return outcomes
    }
    const { ids, published, outcomes } = await (this.#ledger?.submit(tasks, publish) ??
      submit(tasks, publish))
    const outcomeOf = (id: string) => outcomes.get(id) ?? 'no confirm in time'
    const failed = ids.flatMap((id) => {
      const reason = outcomeOf(id)
      return reason === 'confirmed' ? [] : [{ id, reason }]
    })
    if (published.length > 0)
      this.#metrics?.published({
        tasks: published.map(({ id, queue }) => ({ queue, accepted: outcomeOf(id) === 'confirmed' })),
        durationMs,
        reconnects: this.#kept.reconnects,
      })
    if (failed.length === 0) return { status: 202, body: { ids } }
    this.#log.warn('tasks were not accepted', {
      tasks: failed.length,
      reasons: [...new Set(failed.map(({ reason }) => reason))],
      ids: failed.slice(0, idsLogged).map(({ id }) => id),
    })
    throw notAccepted(ids, failed)
  }

  async #depth(): Promise<RouteAnswer> {
    try {
      return { status: 200, body: depthOfAll(await queueDepths(this.#kept, this.#queues)) }
    } catch (error) {
      this.#log.error('the queue cannot be seen', {
        reason: error instanceof Error ? error.message : String(error),
      })
      throw new ProblemError(503, 'the broker does not answer', {}, retryAfter)
    }
  }

  /** Whatever is not foreseen is logged here and tells the client nothing. */
  async #orProblem<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof ProblemError) throw error
      this.#log.error('unexpected error', { error: error instanceof Error ? error.stack : String(error) })
      throw new ProblemError(500, 'the request failed for a reason that only the log says')
    }
  }
}

/** Of one queue its own figures, as ever; of several their sums, and each one's own. */
function depthOfAll(depths: Readonly<Record<string, QueueDepth>>): object {
  const each = Object.values(depths)
  const sum = (key: keyof QueueDepth) => each.reduce((total, depth) => total + depth[key], 0)
  const all = { ready: sum('ready'), consumers: sum('consumers') }
  return each.length === 1 ? all : { ...all, queues: depths }
}

async function noLedger(): Promise<never> {
  throw new ProblemError(
    404,
    'this environment keeps no ledger of its tasks: set workQueue.ledger in infra/environments.ts, such as { days: 7 }',
  )
}
