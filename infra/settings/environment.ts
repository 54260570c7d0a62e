import * as z from 'zod'
import { connectionBudgets, describeBudget } from '../connection-budget.ts'
import { brokerNodes, logDays } from '../limits.ts'
import { brokerSchema } from './broker.ts'
import { choice, text, whole, withRule, yesOrNo } from './fields.ts'
import { existingNetwork, newNetwork, region, regionOf } from './network.ts'
import { tracingSchema } from './tracing.ts'
import { furtherQueue, type producerSchema, workQueue } from './work-queue.ts'
import type { workerClass } from './worker-class.ts'

/**
 * A key, never an alias, since an alias may point to another key later. The groups are its region and account; the id
 * of a multi-region key begins with `mrk-`. https://docs.aws.amazon.com/kms/latest/developerguide/concepts-key-id.html
 */
const keyArn =
  /^arn:aws[a-z-]*:kms:([a-z]{2,4}(?:-[a-z]+)+-\d+):(\d{12}):key\/(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

/**
 * What can be set in infra/environments.ts: each field once, with its meaning, its type and its range. The types, the
 * checks at synth, docs/settings.md and the tests of every field follow from it.
 */
const fields = z.strictObject({
  account: text(/^\d{12}$/, 'use the twelve digits of an AWS account, as text')
    .optional()
    .describe('The AWS account. Default: that of your credentials. A deploy with `keepData` needs it.'),
  region: region.optional().describe('The AWS region. Default: that of AWS_REGION or of your profile.'),
  keepData: yesOrNo().describe(
    "What `destroy` leaves. true: broker, administrator's secrets and logs stay, and the stack foundation cannot be deleted. false: nothing that runs or holds tasks stays.",
  ),
  logDays: choice(logDays).describe('How many days CloudWatch keeps logs, such as 7, 30, 90.'),
  alarmEmail: z
    .email('use an address such as ops@example.com')
    .optional()
    .describe('Who gets alarms by email, in addition to the SNS topic.'),
  monthlyBudgetUsd: whole(1)
    .optional()
    .describe(
      'USD a month. At 80 % of it, an AWS Budget notifies the alarm topic. docs/cost.md says which tag you have to activate once.',
    ),
  kmsKey: text(
    keyArn,
    'use the ARN of a key, such as arn:aws:kms:eu-central-1:111122223333:key/01234567-89ab-cdef-0123-456789abcdef',
  )
    .optional()
    .describe(
      "A symmetric KMS key of your own, in the environment's account and region. It encrypts broker, secrets, logs, alarms and failed events. docs/encryption.md has the statements that its policy needs. After the first deploy it cannot change, since that would replace the broker. Default: AWS's own keys.",
    ),
  tracing: tracingSchema.optional().describe('Traces of tasks, from the request to their children.'),
  network: z.union([newNetwork, existingNetwork]).describe('A VPC of our own, or one that exists.'),
  broker: brokerSchema.describe('The RabbitMQ broker.'),
  workQueue: workQueue.describe('The work queue, and all that works for it.'),
  moreQueues: z
    .array(furtherQueue, 'use a list of queues')
    .optional()
    .describe('Further work queues, each with workers of its own.'),
})

const zones = z.object({ zones: z.union([z.number(), z.array(z.string())]) })

/** The broker has a node in each zone. */
const withZones = withRule(
  fields,
  z.object({ network: zones, broker: z.object({ mode: brokerSchema.shape.mode }) }),
  ({ network: { zones }, broker: { mode } }, report) => {
    const min = Math.max(2, brokerNodes[mode])
    if ((typeof zones === 'number' ? zones : zones.length) < min)
      report(
        ['network', 'zones'],
        `use ${min} or more: the broker has a node in each, and tasks survive the loss of one`,
      )
  },
)

const withRegion = withRule(
  withZones,
  z.object({ region, network: z.object({ zones: z.array(z.string()) }) }),
  ({ region, network: { zones } }, report) => {
    for (const [index, zone] of zones.entries())
      if (regionOf(zone) !== region)
        report(['network', 'zones', index], `use zones of region, which is ${region}`)
  },
)

/** A key works only in its own region, and a key of another account belongs to somebody else. */
const withKey = withRule(
  withRegion,
  z.object({ kmsKey: z.string(), account: z.string().optional(), region: z.string().optional() }),
  ({ kmsKey, account, region }, report) => {
    const [, itsRegion, itsAccount] = keyArn.exec(kmsKey) ?? []
    if (region !== undefined && itsRegion !== undefined && itsRegion !== region)
      report(['kmsKey'], `use a key of region, which is ${region}`)
    if (account !== undefined && itsAccount !== undefined && itsAccount !== account)
      report(['kmsKey'], `use a key of account, which is ${account}`)
  },
)

/** The producer's function gets out of the VPC through NAT gateways alone; where an existing VPC leads to is not known. */
const withWayOut = withRule(
  withKey,
  z.object({ network: z.object({ egress: z.string() }), tracing: z.object({ to: z.literal('otlp') }) }),
  ({ network: { egress } }, report) => {
    if (egress !== 'nat')
      report(
        ['tracing', 'to'],
        `use xray, or network.egress nat: with ${egress} nothing outside AWS is reached`,
      )
  },
)

const named = z.object({ queue: z.string() })
const withNames = withRule(
  withWayOut,
  z.object({ workQueue: named, moreQueues: z.array(named) }),
  ({ workQueue, moreQueues }, report) => {
    const names = [workQueue, ...moreQueues].map(({ queue }) => queue)
    for (const [index, { queue }] of moreQueues.entries())
      if (names.indexOf(queue) <= index)
        report(['moreQueues', index, 'queue'], 'use a name of its own: another queue has this one')
  },
)

const count = z.number()
const workers = z.array(z.object({ name: z.string(), cpu: count, slots: count.optional(), maxTasks: count }))
const connected = z.object({
  broker: z.object({ mode: brokerSchema.shape.mode, instanceType: z.string() }),
  workQueue: z.object({ queue: z.string(), producer: z.object({ connections: count }), workers }),
  moreQueues: z.array(z.object({ queue: z.string(), workers })).optional(),
})

export const environmentSchema = withRule(withNames, connected, (environment, report) => {
  for (const budget of connectionBudgets(environment)) {
    const remedy = `take a larger one, or lower maxTasks or producer.connections\n${describeBudget(budget)}`
    if (!(budget.needed <= budget.available))
      report(['broker', 'instanceType'], remedy.replaceAll('\n', '\n    '))
  }
})

/** What is set is never written to. */
type Frozen<Value> = Value extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : Value extends object
    ? { readonly [Key in keyof Value]: Frozen<Value[Key]> }
    : Value

export type Environment = Frozen<z.output<typeof environmentSchema>>
export type NewNetwork = Frozen<z.output<typeof newNetwork>>
export type ExistingNetwork = Frozen<z.output<typeof existingNetwork>>
export type TracingSettings = NonNullable<Environment['tracing']>
export type BrokerSettings = Environment['broker']
export type WorkQueueSettings = Environment['workQueue']
/** What every queue has; only the default one has a producer too, and perhaps a ledger. */
export type QueueSettings = Omit<WorkQueueSettings, 'producer' | 'ledger'>

/** All queues of an environment, the default one first. */
export const queuesOf = ({ workQueue, moreQueues = [] }: Environment): readonly QueueSettings[] => [
  workQueue,
  ...moreQueues,
]
export type ProducerSettings = Frozen<z.output<typeof producerSchema>>
export type WorkerClass = Frozen<z.output<typeof workerClass>>
