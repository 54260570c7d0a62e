import * as z from 'zod'
import { connectionBudgets, describeBudget } from './connection-budget.ts'
import { type Environment, slotsOf, type WorkerClass } from './environments.ts'
import { brokerLimits, brokerNodes, fargateMemory, logDays } from './limits.ts'

/** What an environment must be like. Messages are remedies: the field and the value seen are added where they are shown. */

const matching = (pattern: RegExp, remedy: string) => z.string().regex(pattern, remedy)
const oneOf = <Value extends string | number>(values: readonly Value[]) =>
  z.literal(values, `choose one of ${values.join(', ')}`)
const whole = (min: number, remedy = `use a whole number from ${min}`) => z.int(remedy).min(min, remedy)

/** Adds a problem at `path` of what is checked, unless `fits`. */
type Report = (fits: boolean, path: (string | number)[], remedy: string) => void
/** Looks at several fields together, also when one of them alone is wrong: all problems are found at once. */
function checkTogether<Value>(check: (value: Value, report: Report) => void): z.core.$ZodCheck<Value> {
  return z.superRefine<Value>(
    (value, context) =>
      check(value, (fits, path, message) => {
        if (!fits) context.addIssue({ code: 'custom', path, message })
      }),
    { when: () => true },
  )
}

const zoneCount = (zones: number | readonly string[]) => (typeof zones === 'number' ? zones : zones.length)
const newNetwork = z.object({
  zones: z.union([z.int(), z.array(z.string())]),
  egress: oneOf(['public-address', 'none', 'nat']),
})
const existingNetwork = z
  .object({
    vpcId: matching(/^vpc-/, 'give the id of a VPC, such as vpc-0abc'),
    zones: z.array(z.string()),
    privateSubnetIds: z.array(matching(/^subnet-/, 'give the id of a subnet, such as subnet-0abc')),
  })
  .check(
    checkTogether(({ zones, privateSubnetIds }, report) =>
      report(
        zones.length === privateSubnetIds.length,
        ['privateSubnetIds'],
        `give one for each of the ${zones.length} zones, in the same order`,
      ),
    ),
  )

const broker = z
  .object({
    version: oneOf(['4.3']),
    mode: oneOf(['SINGLE_INSTANCE', 'CLUSTER_MULTI_AZ']),
    instanceType: z.string(),
    maintenance: z.object({
      day: oneOf(['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY']),
      time: matching(/^([01]\d|2[0-3]):[0-5]\d$/, 'use HH:MM in UTC, from 00:00 to 23:59'),
    }),
  })
  .check(
    checkTogether(({ instanceType, mode }, report) => {
      const known = Object.keys(brokerLimits).filter((type) => brokerLimits[type]?.[mode])
      const remedy = `for ${mode} choose one of ${known.join(', ')}, or add its limits to infra/limits.ts`
      report(known.includes(instanceType), ['instanceType'], remedy)
    }),
  )

const worker = z
  .object({
    name: matching(/^[a-z][a-z0-9-]{0,30}$/, 'use 1 to 31 of a-z 0-9 -, a letter first'),
    cpu: oneOf(Object.keys(fargateMemory).map(Number)),
    memoryMiB: z.number(),
    slots: whole(1).optional(),
    architecture: oneOf(['ARM64', 'X86_64']),
    minTasks: whole(0),
    maxTasks: whole(1, 'use at least 1; to stop a class, take it off the list'),
    backlogPerSlot: z
      .number()
      .min(
        1.5,
        'use at least 1.5: a slot that is busy while the queue is empty reads 1.0, so that lower targets never settle',
      ),
    wakeUpBacklog: whole(0).optional(),
    spot: z.boolean(),
  })
  .check(checkTogether(checkWorker))

function checkWorker(worker: WorkerClass, report: Report): void {
  const memory = fargateMemory[worker.cpu]
  const vcpu = worker.cpu / 1024
  const mostSlots = Math.min(Math.max(1, vcpu * 4), 64)
  report(
    memory?.includes(worker.memoryMiB) ?? true,
    ['memoryMiB'],
    `with ${worker.cpu} CPU units choose one of ${memory?.join(', ')}`,
  )
  report(
    slotsOf(worker) <= mostSlots,
    ['slots'],
    `use at most ${mostSlots}: slots share the task's ${vcpu} vCPU`,
  )
  report(
    worker.minTasks <= worker.maxTasks,
    ['minTasks'],
    `use at most maxTasks, which is ${worker.maxTasks}`,
  )
}

const workers = z
  .array(worker)
  .min(1, 'add a worker class')
  .check(
    checkTogether((all, report) => {
      const least = all.every(({ minTasks }) => minTasks === 0) ? 0 : 1
      for (const [index, { name, minTasks, wakeUpBacklog }] of all.entries()) {
        const first = all.findIndex((other) => other.name === name)
        report(first === index, [index, 'name'], `workers[${first}] has this name already`)
        report(
          minTasks > 0 ? wakeUpBacklog === undefined : (wakeUpBacklog ?? -1) >= least,
          [index, 'wakeUpBacklog'],
          minTasks > 0
            ? 'leave it out, since minTasks is above 0'
            : `minTasks is 0, so give the backlog above which the first task starts: ${least} or more`,
        )
      }
    }),
  )

const producer = z
  .object({
    connections: whole(1),
    reservedConcurrency: whole(1).optional(),
    ratePerSecond: whole(1),
    burst: whole(1),
  })
  .check(
    checkTogether(({ connections, reservedConcurrency: reserved }, report) =>
      report(
        reserved === undefined || reserved <= connections,
        ['reservedConcurrency'],
        `use at most connections, which is ${connections}: each running function holds one`,
      ),
    ),
  )

export const environmentSchema = ({ network }: Environment) =>
  z
    .object({
      account: matching(/^\d{12}$/, 'use the 12 digits of an AWS account').optional(),
      region: matching(/^[a-z]{2}(-[a-z]+)+-\d$/, 'use a region such as eu-central-1').optional(),
      keepData: z.boolean(),
      logDays: oneOf(logDays),
      alarmEmail: z.email('use an e-mail address').optional(),
      network: 'vpcId' in network ? existingNetwork : newNetwork,
      broker,
      workQueue: z.object({
        queue: matching(
          /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
          'use 1 to 100 of A-Z a-z 0-9 . _ -, a letter or digit first',
        ),
        maxLength: whole(1),
        deadLettersMaxLength: whole(1),
        producer,
        workers,
        containerInsights: z.boolean(),
      }),
    })
    .check(
      checkTogether((environment: Environment, report) => {
        const zones = Math.max(2, brokerNodes[environment.broker.mode])
        report(
          zoneCount(environment.network.zones) >= zones,
          ['network', 'zones'],
          `use ${zones} or more: the broker has a node in each, and tasks survive the loss of one`,
        )
        for (const budget of connectionBudgets(environment))
          report(
            budget.needed <= budget.available,
            ['broker', 'instanceType'],
            `take a larger one, or lower maxTasks or producer.connections\n${describeBudget(budget)}`,
          )
      }),
    )
