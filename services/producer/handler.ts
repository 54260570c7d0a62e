import { openProducerTracing } from '#tracing/producer'
import { parseEnvironment, producerEnvironment } from '../contract/environment.ts'
import { createLogger } from '../telemetry/logger.ts'
import { Producer } from './producer.ts'

// made once per execution environment, so that the connection is kept from one invocation to the next
const variables = parseEnvironment(producerEnvironment, process.env)
const log = createLogger(variables.LOG_LEVEL)
const tracing = openProducerTracing(process.env, { brokerUrl: variables.BROKER_URL }, log)
const producer = new Producer(variables, log, { tracing })
const answer = (event: unknown) => producer.handle(event)

/** The Lambda function: see services/producer/producer.ts. */
export const handler = (event: unknown) => (tracing ? tracing.handle(event, answer) : answer(event))

/** For local runs, which end. */
export const close = async () => {
  await producer.close()
  await tracing?.close()
}
