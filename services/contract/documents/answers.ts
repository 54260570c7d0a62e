import * as z from 'zod'
import { taskStatus } from '../ledger.ts'
import { limits } from '../limits.ts'
import { ledgerFailures, maxErrors, publishFailures } from '../problem.ts'
import { taskIdPattern } from '../task.ts'
import { type Schemas, zodComponents } from './schemas.ts'

/**
 * What the endpoint answers, by component name. The tests hold every answer that they get from a producer to these
 * (test/support/answers.ts).
 */
const id = z.string().regex(taskIdPattern)
const ids = z.array(id)
const count = z.int().min(0)

const accepted = z.object({
  ids: ids.min(1).max(limits.tasksPerRequest).describe('One for each task, in the order of the request.'),
})

const depth = {
  ready: count.describe('Tasks that wait for a worker.'),
  consumers: count.describe('Slots in service.'),
}
const queueDepth = z.object({
  ...depth,
  queues: z
    .record(z.string(), z.object(depth))
    .optional()
    .describe(
      'Where there are several queues: the same of each, by its name. The figures beside it are sums.',
    ),
})

const problem = z.object({
  type: z.literal('about:blank'),
  title: z.string().describe("The status' own phrase."),
  status: z.int(),
  detail: z.string().describe('What is wrong, for people.'),
})

const invalid = problem.extend({
  errors: z
    .array(
      z.object({
        index: count
          .nullable()
          .describe("The task's position, from 0; null where the request itself is wrong."),
        path: z.string().describe('JSON pointer (RFC 6901) into that task, or into the request.'),
        message: z.string(),
      }),
    )
    .min(1)
    .max(maxErrors),
})

const tooLarge = problem.extend({
  bytes: count,
  limit: count,
  index: count
    .optional()
    .describe('The task whose payload is too large; not there where it is the whole body.'),
})

const notAccepted = problem.extend({
  ids: ids.describe('One for each task, in the order of the request.'),
  accepted: ids.describe('What the broker has confirmed.'),
  failed: z
    .array(z.object({ id, reason: z.string().meta({ examples: [...publishFailures, ...ledgerFailures] }) }))
    .describe('What is to be sent again, with the same ids.'),
})

/** What API Gateway itself answers, before or instead of the producer. */
const gatewayMessage = z.object({ message: z.string().nullable() })

/** Any JSON is any value: the schema of it, which refers to itself, is more than some generators of clients can read. */
const status = taskStatus.extend({
  result: z.unknown().optional().describe('What the handler has returned, of a task that is done.'),
})

const answers = {
  Accepted: accepted,
  QueueDepth: queueDepth,
  Problem: problem,
  InvalidRequest: invalid,
  TooLarge: tooLarge,
  NotAccepted: notAccepted,
  GatewayMessage: gatewayMessage,
}
export type AnswerName = keyof typeof answers | 'Status'

/** @param ledger whether the endpoint tells the state of a task */
export function answerSchemas(ledger: boolean): Schemas {
  return zodComponents(ledger ? { ...answers, Status: status } : answers, 'answer', 'draft-2020-12')
}
