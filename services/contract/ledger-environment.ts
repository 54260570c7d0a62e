import * as z from 'zod'
import { digits, filled, workerEnvironment } from './environment.ts'
import { limits } from './limits.ts'

/** What producer and workers have beside their own where there is a ledger. */
export const ledgerEnvironment = z.object({
  /** The DynamoDB table's name. */
  LEDGER_TABLE: filled,
  /** How long records are kept. */
  LEDGER_DAYS: digits(1, limits.ledgerDays),
  /** Of a DynamoDB on this machine, which takes any credentials; without it, AWS's own. */
  LEDGER_ENDPOINT: z
    .string()
    .regex(/^http:\/\/[^@/\s]+$/, 'must be http://host:port')
    .optional(),
})

/** What a worker has beside that. */
export const ledgerWorkerEnvironment = workerEnvironment.extend({
  /** Failures that a task may have, as the queue's policy says: the next one makes it a dead letter, and is recorded so. */
  DELIVERY_LIMIT: digits(0, 1_000_000),
})
