import { openProducerTracing } from '#tracing/producer'
import { parseEnvironment, producerEnvironment } from '../contract/environment.ts'
import { ledgerEnvironment } from '../contract/ledger-environment.ts'
import { acceptanceLedger } from '../ledger/acceptance.ts'
import { LedgerTable } from '../ledger/table.ts'
import { createLogger } from '../telemetry/logger.ts'
import { Producer } from './producer.ts'
import { submitRecorded } from './recorded.ts'
import { answerStatus } from './task-status.ts'

/** Longest that one call of the ledger may take, in milliseconds: see the function's timeout in infra. */
const deadlineMs = 2_500

// made once per execution environment, as in handler.ts
const variables = parseEnvironment(producerEnvironment.extend(ledgerEnvironment.shape), process.env)
const { LEDGER_TABLE: name, LEDGER_DAYS: days, LEDGER_ENDPOINT: endpoint } = variables
const log = createLogger(variables.LOG_LEVEL)
const table = new LedgerTable({ name, deadlineMs, endpoint })
const ledger = acceptanceLedger(table, days, log)
const tracing = openProducerTracing(process.env, { brokerUrl: variables.BROKER_URL }, log)
const producer = new Producer(variables, log, {
  tracing,
  ledger: {
    days,
    submit: (tasks, publish) => submitRecorded(ledger, log, tasks, publish),
    answer: (event, id) => answerStatus(ledger, log, event, id),
  },
})

const answer = (event: unknown) => producer.handle(event)

/** The Lambda function of an environment with a ledger: see services/producer/producer.ts. */
export const handler = (event: unknown) => (tracing ? tracing.handle(event, answer) : answer(event))

/** For local runs, which end. */
export const close = async () => {
  await producer.close()
  await tracing?.close()
  table.close()
}
