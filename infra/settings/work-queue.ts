import * as z from 'zod'
import { cancelledQueue } from '../../services/contract/cancelled.ts'
import { controlExchange, pausedExchange, resumedExchange } from '../../services/contract/control.ts'
import { deadLetterQueue } from '../../services/contract/topology.ts'
import { choice, decimal, text, whole, withRule, yesOrNo } from './fields.ts'
import { workerClasses } from './worker-class.ts'

const producerFields = z.strictObject({
  connections: whole(1).describe(
    "Maximum number of the producer's connections. The broker enforces it, so it holds in every account.",
  ),
  reservedConcurrency: whole(1)
    .optional()
    .describe(
      'Reserved concurrency of the Lambda function. Leave it out in a new account: its limit is 10 for all functions, and Lambda refuses a reservation that leaves fewer than 10 to the others.',
    ),
  ratePerSecond: whole(1).describe("API Gateway's throttling: requests a second."),
  burst: whole(1).describe("API Gateway's throttling: how many requests at once."),
})

export const producerSchema = withRule(
  producerFields,
  producerFields.pick({ connections: true, reservedConcurrency: true }).strip(),
  ({ connections, reservedConcurrency = 1 }, report) => {
    if (reservedConcurrency > connections)
      report(
        ['reservedConcurrency'],
        `use 1 to connections, which is ${connections}: each running function holds one`,
      )
  },
)

/** How the names of a queue's own objects end. */
const ofAQueue = [deadLetterQueue, cancelledQueue, controlExchange, pausedExchange, resumedExchange].map(
  (nameOf) => nameOf(''),
)

export const workQueue = z.strictObject({
  queue: text(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
    'use 1 to 100 of A-Z a-z 0-9 . _ -, a letter or digit first',
  )
    .regex(/^(?!amq\.)/, 'use another beginning: RabbitMQ keeps names that begin with amq. for itself')
    .refine((name) => !ofAQueue.some((end) => name.endsWith(end)), {
      error: `use another end: ${ofAQueue.join(', ')} end the names of what a queue has beside it`,
    })
    .regex(
      /^(?!.*\.later(\.\d\d)?$)/,
      'use another end: .later and .later.00 end the names of what keeps delayed tasks',
    )
    .describe(
      'Name of the work queue that a task type goes to unless it says another, and prefix of its broker objects.',
    ),
  maxLength: whole(1).describe('Maximum number of messages in the queue, with those that wait for a retry.'),
  deadLettersMaxLength: whole(1).describe('Maximum number of messages in the dead-letter queue.'),
  producer: producerSchema.describe('What takes tasks in.'),
  workers: workerClasses.describe('The worker classes.'),
  probeSeconds: choice([10, 30, 60])
    .optional()
    .describe(
      'How often the probe reads the queue, and the period of the alarms that scale, in seconds. Default: 60. Use less for bursts; docs/scaling.md says what it brings and costs.',
    ),
  taskLogSample: decimal(0, 1, 'use 0 to 1, such as 0.1 for a tenth of the lines')
    .optional()
    .describe(
      'Which share of the log lines of done tasks is written, from 0 to 1: use less than 1 for a busy queue. All other lines are always written. Default: 1.',
    ),
  containerInsights: yesOrNo().describe(
    'CloudWatch Container Insights: CPU and memory of each ECS task, for about $0.30 a month for each metric.',
  ),
  ledger: z
    .strictObject({
      days: whole(1, 365).describe(
        "What became of each task, in a DynamoDB table: `GET /tasks/{id}`, handlers' results, keys that are used once; for how many days after a task's last event. It holds for all queues. docs/ledger.md says what it brings and costs. Default: no ledger.",
      ),
    })
    .optional()
    .describe('The ledger of what became of each task.'),
})

/** A queue beside that one: all that it has but a producer, since one endpoint takes the tasks of all queues. */
export const furtherQueue = workQueue.omit({ producer: true, ledger: true }).extend({
  queue: text(/^[a-z][a-z0-9-]{0,30}$/, 'use 1 to 31 of a-z 0-9 -, a letter first').describe(
    'Name of a work queue beside that one, for the task types that say `queue`: part of the name of its stack, and prefix of its broker objects. Each has all settings of `workQueue` but `producer` and `ledger`; docs/queues.md says what for.',
  ),
})
