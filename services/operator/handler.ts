import type { Context } from 'aws-lambda'
import { operatorEnvironment, parseEnvironment } from '../contract/environment.ts'
import { createLogger } from '../telemetry/logger.ts'
import { OperatorFunction } from './operate.ts'
import type { OperatorRequest } from './request.ts'

/** Composition root of the operator function. */
const env = parseEnvironment(operatorEnvironment, process.env)
const operator = new OperatorFunction(env, createLogger(env.LOG_LEVEL))

export const handler = (event: OperatorRequest, context?: Pick<Context, 'getRemainingTimeInMillis'>) =>
  operator.handle(event, context)
