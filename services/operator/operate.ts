import type { ChannelModel } from 'amqplib'
import type { Context } from 'aws-lambda'
import type * as z from 'zod'
import { type BrokerAccess, brokerAccess } from '../amqp/connection.ts'
import { maxCancelled } from '../contract/cancelled.ts'
import type { operatorEnvironment } from '../contract/environment.ts'
import type { OperatorLedger, OperatorMark } from '../contract/ledger.ts'
import type { Logger } from '../contract/log.ts'
import { cancel } from './cancel.ts'
import { withConnection } from './connection.ts'
import { setPaused } from './pause.ts'
import { countDeadLetters, letters, list, redrive } from './redrive.ts'
import { type CancelRequest, type OperatorRequest, operatorRequest, type RedriveRequest } from './request.ts'

type Asked = ReturnType<typeof operatorRequest.parse>

type Remaining = Pick<Context, 'getRemainingTimeInMillis'>

/** The operator function, which IAM lets people and programs invoke. */
export class OperatorFunction {
  readonly #access: BrokerAccess
  readonly #queue: string
  readonly #log: Logger
  readonly #ledger: OperatorLedger | undefined

  /** @param ledger undefined where there is none */
  constructor(env: z.output<typeof operatorEnvironment>, log: Logger, ledger?: OperatorLedger) {
    this.#access = brokerAccess(env, log)
    this.#queue = env.QUEUE_NAME
    this.#log = log
    this.#ledger = ledger
  }

  /** @throws ZodError for a request that is not as services/operator/request.ts says. */
  async handle(event: OperatorRequest, context?: Remaining): Promise<object> {
    const request = operatorRequest.parse(event)
    const result = await withConnection(this.#access, (connection) =>
      this.#answer(connection, request, context),
    )
    this.#log.info(request.action, logged(request, result))
    return result
  }

  async #answer(connection: ChannelModel, request: Asked, context: Remaining | undefined): Promise<object> {
    if (request.action === 'count') return { deadLetters: await countDeadLetters(connection, this.#queue) }
    if (request.action === 'pause' || request.action === 'resume')
      return setPaused(connection, this.#queue, request.action === 'pause')
    if (request.action === 'cancel') return this.#cancel(connection, request)
    // some seconds to give back what was held, and to answer
    const maxSeconds = context ? Math.max(1, context.getRemainingTimeInMillis() / 1_000 - 5) : request.seconds
    const bounded = { ...request, seconds: Math.min(request.seconds, maxSeconds) }
    if (bounded.action === 'list') return list(connection, this.#queue, bounded)
    if (bounded.action === 'letters') return letters(connection, this.#queue, bounded)
    return this.#redrive(connection, bounded)
  }

  /** @throws Error when the ledger does not take it: the broker has by then, and both may be asked again. */
  async #cancel(connection: ChannelModel, request: CancelRequest): Promise<object> {
    const result = await cancel(connection, this.#queue, request)
    await (request.undo ? this.#ledger?.undo(request.ids) : this.#ledger?.cancel(request.ids))
    return result
  }

  async #redrive(connection: ChannelModel, request: RedriveRequest): Promise<object> {
    const marks: OperatorMark[] = []
    const result = await redrive(
      connection,
      this.#queue,
      request,
      (id, at) => id !== '' && marks.push({ id, at }),
    )
    // the next try says it too
    await this.#ledger
      ?.redrive(marks)
      .catch((error: unknown) =>
        this.#log.warn('the ledger does not know what was redriven', { reason: String(error) }),
      )
    return result
  }
}

/** The most ids in a log line: all that can be cancelled at a time. */
const idsLogged = maxCancelled

/** What was asked, and what came of it: no letters, and no more ids than can be read. */
function logged(request: Asked, result: object): object {
  const short =
    'ids' in request && request.ids ? { ...request, ids: request.ids.slice(0, idsLogged) } : request
  if (request.action === 'list' || request.action === 'letters') return { request: short }
  const { next: _, ...facts } = result as { readonly next?: unknown }
  return { request: short, result: facts }
}
