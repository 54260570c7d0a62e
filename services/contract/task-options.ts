import * as z from 'zod'
import { limits } from './limits.ts'
import { taskIdPattern } from './task.ts'

/** What is wrong with what does not match {@link taskIdPattern}. */
const idText = 'must be 1 to 128 of A-Z a-z 0-9 . _ : -'
const priorityRange = `must be a whole number from 0 to ${limits.priority}`
const delayRange = `must be a whole number of seconds from 1 to ${limits.delaySeconds}`

/** What may be said of a task beside its type and payload, by a client as by a handler: fields of a schema. */
export const taskOptions = {
  id: z.string().regex(taskIdPattern, idText).optional(),
  priority: z.int(priorityRange).min(0, priorityRange).max(limits.priority, priorityRange).optional(),
  tenant: z.string().regex(taskIdPattern, idText).optional(),
  delaySeconds: z.int(delayRange).min(1, delayRange).max(limits.delaySeconds, delayRange).optional(),
}

/**
 * A key that is used once, and for how long: fields of a client's request. How long it may be depends on the ledger, so
 * the range here is for the documents alone, and services/producer/unique.ts checks it.
 */
export const uniqueOptions = {
  unique: z.string().regex(taskIdPattern, idText).optional(),
  uniqueSeconds: z
    .int('must be a whole number of seconds')
    .meta({ minimum: 1, maximum: 86_400 * limits.ledgerDays })
    .optional(),
}
