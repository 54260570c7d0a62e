import type { ChannelModel } from 'amqplib'
import type { Context } from 'aws-lambda'
import { brokerCredentials } from '../contract/credentials.ts'
import { operatorEnvironment, parseEnvironment } from '../contract/environment.ts'
import { createLogger } from '../telemetry/logger.ts'
import { closeInTime, openConnection } from './connection.ts'
import { countDeadLetters, list, redrive } from './redrive.ts'
import { type OperatorRequest, operatorRequest } from './request.ts'

/** Composition root of the operator function, which IAM lets people and programs invoke. */
const env = parseEnvironment(operatorEnvironment, process.env)
const log = createLogger(env.LOG_LEVEL)
const credentials = brokerCredentials(env)

/** @throws ZodError for a request that is not as services/operator/request.ts says. */
export async function handler(
  event: OperatorRequest,
  context?: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<object> {
  const request = operatorRequest.parse(event)
  const connection = await open()
  try {
    const result = await answer(connection, request, context)
    log.info(request.action, { request, ...(request.action === 'list' ? {} : { result }) })
    return result
  } finally {
    await closeInTime(connection)
  }
}

async function answer(
  connection: ChannelModel,
  request: ReturnType<typeof operatorRequest.parse>,
  context: Pick<Context, 'getRemainingTimeInMillis'> | undefined,
): Promise<object> {
  if (request.action === 'count') return { deadLetters: await countDeadLetters(connection, env.QUEUE_NAME) }
  // some seconds to give back what was held, and to answer
  const most = context ? Math.max(1, context.getRemainingTimeInMillis() / 1_000 - 5) : request.seconds
  const bounded = { ...request, seconds: Math.min(request.seconds, most) }
  return bounded.action === 'list'
    ? list(connection, env.QUEUE_NAME, bounded)
    : redrive(connection, env.QUEUE_NAME, bounded)
}

async function open(): Promise<ChannelModel> {
  const connect = async () => openConnection(env.BROKER_URL, env.BROKER_VHOST, await credentials.read())
  return connect().catch((error: unknown) => {
    // the secret may have been rotated since it was read
    const refused = error instanceof Error && /ACCESS.REFUSED/.test(error.message)
    if (refused && credentials.forget()) return connect()
    throw error
  })
}
