import type { ChannelModel } from 'amqplib'
import type { Context } from 'aws-lambda'
import { brokerAccess } from '../amqp/connection.ts'
import { maxCancelled } from '../contract/cancelled.ts'
import { operatorEnvironment, parseEnvironment } from '../contract/environment.ts'
import { createLogger } from '../telemetry/logger.ts'
import { cancel } from './cancel.ts'
import { withConnection } from './connection.ts'
import { setPaused } from './pause.ts'
import { countDeadLetters, letters, list, redrive } from './redrive.ts'
import { type OperatorRequest, operatorRequest } from './request.ts'

/** Composition root of the operator function, which IAM lets people and programs invoke. */
const env = parseEnvironment(operatorEnvironment, process.env)
const log = createLogger(env.LOG_LEVEL)
const access = brokerAccess(env, log)

type Asked = ReturnType<typeof operatorRequest.parse>

/** @throws ZodError for a request that is not as services/operator/request.ts says. */
export async function handler(
  event: OperatorRequest,
  context?: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<object> {
  const request = operatorRequest.parse(event)
  const result = await withConnection(access, (connection) => answer(connection, request, context))
  log.info(request.action, logged(request, result))
  return result
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

async function answer(
  connection: ChannelModel,
  request: Asked,
  context: Pick<Context, 'getRemainingTimeInMillis'> | undefined,
): Promise<object> {
  if (request.action === 'count') return { deadLetters: await countDeadLetters(connection, env.QUEUE_NAME) }
  if (request.action === 'pause' || request.action === 'resume')
    return setPaused(connection, env.QUEUE_NAME, request.action === 'pause')
  if (request.action === 'cancel') return cancel(connection, env.QUEUE_NAME, request)
  // some seconds to give back what was held, and to answer
  const maxSeconds = context ? Math.max(1, context.getRemainingTimeInMillis() / 1_000 - 5) : request.seconds
  const bounded = { ...request, seconds: Math.min(request.seconds, maxSeconds) }
  if (bounded.action === 'list') return list(connection, env.QUEUE_NAME, bounded)
  if (bounded.action === 'letters') return letters(connection, env.QUEUE_NAME, bounded)
  return redrive(connection, env.QUEUE_NAME, bounded)
}
