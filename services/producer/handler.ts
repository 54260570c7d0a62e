import { parseEnvironment, producerEnvironment } from '../contract/environment.ts'
import { createLogger } from '../telemetry/logger.ts'
import { Producer } from './producer.ts'

// made once per execution environment, so that the connection is kept from one invocation to the next
const variables = parseEnvironment(producerEnvironment, process.env)
const producer = new Producer(variables, createLogger(variables.LOG_LEVEL))

/** The Lambda function: see services/producer/producer.ts. */
export const handler = (event: unknown) => producer.handle(event)

/** For local runs, which end. */
export const close = () => producer.close()
