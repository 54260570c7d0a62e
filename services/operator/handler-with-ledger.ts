import type { Context } from 'aws-lambda'
import { operatorEnvironment, parseEnvironment } from '../contract/environment.ts'
import { ledgerEnvironment } from '../contract/ledger-environment.ts'
import { operatorLedger } from '../ledger/operator.ts'
import { LedgerTable } from '../ledger/table.ts'
import { createLogger } from '../telemetry/logger.ts'
import { OperatorFunction } from './operate.ts'
import type { OperatorRequest } from './request.ts'

/** Longest that one call of the ledger may take, in milliseconds. */
const deadlineMs = 4_000

/** Composition root of the operator function of an environment with a ledger. */
const env = parseEnvironment(operatorEnvironment.extend(ledgerEnvironment.shape), process.env)
const table = new LedgerTable({ name: env.LEDGER_TABLE, deadlineMs, endpoint: env.LEDGER_ENDPOINT })
const operator = new OperatorFunction(
  env,
  createLogger(env.LOG_LEVEL),
  operatorLedger(table, env.LEDGER_DAYS),
)

export const handler = (event: OperatorRequest, context?: Pick<Context, 'getRemainingTimeInMillis'>) =>
  operator.handle(event, context)
