import type { ChannelModel } from 'amqplib'
import type { Context } from 'aws-lambda'
import { brokerAccess } from '../amqp/connection.ts'
import { operatorEnvironment, parseEnvironment } from '../contract/environment.ts'
import { createLogger } from '../telemetry/logger.ts'
import { cancel } from './cancel.ts'
import { withConnection } from './connection.ts'
import { setPaused } from './pause.ts'
import { countDeadLetters, list, redrive } from './redrive.ts'
import { type OperatorRequest, operatorRequest } from './request.ts'

/** Composition root of the operator function, which IAM lets people and programs invoke. */
const env = parseEnvironment(operatorEnvironment, process.env)
const log = createLogger(env.LOG_LEVEL)
const access = brokerAccess(env, log)

/** @throws ZodError for a request that is not as services/operator/request.ts says. */
export async function handler(
  event: OperatorRequest,
  context?: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<object> {
  const request = operatorRequest.parse(event)
  const result = await withConnection(access, (connection) => answer(connection, request, context))
  log.info(request.action, { request, ...(request.action === 'list' ? {} : { result }) })
  return result
}

async function answer(
  connection: ChannelModel,
  request: ReturnType<typeof operatorRequest.parse>,
  context: Pick<Context, 'getRemainingTimeInMillis'> | undefined,
): Promise<object> {
  if (request.action === 'count') return { deadLetters: await countDeadLetters(connection, env.QUEUE_NAME) }
  if (request.action === 'pause' || request.action === 'resume')
    return setPaused(connection, env.QUEUE_NAME, request.action === 'pause')
  if (request.action === 'cancel') return cancel(connection, env.QUEUE_NAME, request)
  // some seconds to give back what was held, and to answer
  const maxSeconds = context ? Math.max(1, context.getRemainingTimeInMillis() / 1_000 - 5) : request.seconds
  const bounded = { ...request, seconds: Math.min(request.seconds, maxSeconds) }
  return bounded.action === 'list'
    ? list(connection, env.QUEUE_NAME, bounded)
    : redrive(connection, env.QUEUE_NAME, bounded)
}
