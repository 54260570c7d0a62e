import { taskTypes } from '../services/tasks/registry.ts'
import { connectionBudgets, describeBudget } from './connection-budget.ts'
import { type Environment, environments, name, slotsOf, type WorkerClass } from './environments.ts'
import {
  brokerLimits,
  brokerNodes,
  fargateMemory,
  logDays,
  stopTimeoutSeconds,
  taskProtectionSeconds,
} from './limits.ts'
import { consumerTimeoutSeconds, drainSeconds } from './timing.ts'

/** What is wrong with a field of an environment. */
export interface Problem {
  /** Where, such as `workQueue.workers[0].cpu`. */
  readonly field: string
  readonly seen: unknown
  readonly remedy: string
}

/** All that is wrong with an environment, in one message. */
export class EnvironmentProblems extends Error {
  override readonly name = 'EnvironmentProblems'
}

/**
 * The environment of this name.
 * @throws EnvironmentProblems that names every field that does not fit, with the value seen and the remedy.
 */
export function checkedEnvironment(
  environmentName: string,
  from: Readonly<Record<string, Environment>> = environments,
): Environment {
  const environment = from[environmentName]
  if (!environment) {
    const known = Object.keys(from).join(', ')
    throw new EnvironmentProblems(
      `environment must be one of ${known}, got "${environmentName}": choose with -c environment=<name>, or add it to infra/environments.ts`,
    )
  }
  const problems = findProblems(environmentName, environment)
  if (problems.length > 0) {
    const lines = problems.map(
      ({ field, seen, remedy }) => `  ${field} is ${JSON.stringify(seen)}: ${remedy}`,
    )
    throw new EnvironmentProblems(
      `environment "${environmentName}" has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${lines.join('\n')}`,
    )
  }
  return environment
}

/** Everything that does not fit together in an environment; nothing when it can be deployed. */
export function findProblems(environmentName: string, environment: Environment): Problem[] {
  return [
    ...nameProblems(environmentName, environment),
    ...networkProblems(environment),
    ...brokerProblems(environment),
    ...environment.workQueue.workers.flatMap(workerProblems),
    ...wakeUpProblems(environment.workQueue.workers),
    ...producerProblems(environment),
    ...timeoutProblems(),
    ...budgetProblems(environment),
  ]
}

/** A problem when `fits` is false. */
function unless(fits: boolean, field: string, seen: unknown, remedy: string): Problem[] {
  return fits ? [] : [{ field, seen, remedy }]
}

function nameProblems(
  environmentName: string,
  { workQueue, logDays: days, account }: Environment,
): Problem[] {
  const names = workQueue.workers.map((worker) => worker.name)
  const twice = names.filter((each, index) => names.indexOf(each) !== index)
  return [
    ...unless(
      /^[a-z][a-z0-9-]{0,19}$/.test(name),
      'name',
      name,
      'use 1 to 20 of a-z 0-9 -, a letter first: it begins the names of stacks and of the broker',
    ),
    ...unless(
      /^[a-z][a-z0-9-]{0,19}$/.test(environmentName),
      'environments',
      environmentName,
      'name it with 1 to 20 of a-z 0-9 -, a letter first',
    ),
    ...unless(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(workQueue.queue),
      'workQueue.queue',
      workQueue.queue,
      'use 1 to 100 of A-Z a-z 0-9 . _ -, a letter or digit first',
    ),
    ...unless(names.length > 0, 'workQueue.workers', names, 'there must be at least one worker class'),
    ...unless(twice.length === 0, 'workQueue.workers', twice, 'each worker class needs a name of its own'),
    ...unless(
      (logDays as readonly number[]).includes(days),
      'logDays',
      days,
      `CloudWatch keeps logs for ${logDays.join(', ')} days: choose one`,
    ),
    ...unless(
      account === undefined || /^\d{12}$/.test(account),
      'account',
      account,
      'use the 12 digits of an AWS account',
    ),
  ]
}

function networkProblems({ network, broker }: Environment): Problem[] {
  const zones = typeof network.zones === 'number' ? network.zones : network.zones.length
  const nodes = brokerNodes[broker.mode]
  const subnets = 'vpcId' in network ? network.privateSubnetIds.length : zones
  return [
    ...unless(
      zones >= Math.max(2, nodes) && zones <= 6,
      'network.zones',
      network.zones,
      `a broker of ${nodes} node(s) and tasks that survive the loss of a zone need ${Math.max(2, nodes)} to 6 zones`,
    ),
    ...unless(
      subnets === zones,
      'network.privateSubnetIds',
      'vpcId' in network ? network.privateSubnetIds : undefined,
      'give one subnet for each of network.zones, in the same order',
    ),
  ]
}

function brokerProblems({ broker }: Environment): Problem[] {
  const { instanceType, mode, maintenance } = broker
  const known = Object.entries(brokerLimits)
    .filter(([, modes]) => modes[mode])
    .map(([type]) => type)
  const days = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY']
  return [
    ...unless(
      known.includes(instanceType),
      'broker.instanceType',
      instanceType,
      `for ${mode} and RabbitMQ 4.3 choose ${known.join(', ')}, or add its limits to infra/limits.ts`,
    ),
    ...unless(
      days.includes(maintenance.day),
      'broker.maintenance.day',
      maintenance.day,
      `use one of ${days.join(', ')}`,
    ),
    ...unless(
      /^([01]\d|2[0-3]):[0-5]\d$/.test(maintenance.time),
      'broker.maintenance.time',
      maintenance.time,
      'use HH:MM in UTC, from 00:00 to 23:59',
    ),
  ]
}

function workerProblems(worker: WorkerClass, index: number): Problem[] {
  const at = `workQueue.workers[${index}]`
  const slots = slotsOf(worker)
  const mostSlots = Math.max(1, (worker.cpu / 1024) * 4)
  const memory = fargateMemory[worker.cpu]
  return [
    ...unless(
      /^[a-z][a-z0-9-]{0,30}$/.test(worker.name),
      `${at}.name`,
      worker.name,
      'use 1 to 31 of a-z 0-9 -, a letter first',
    ),
    ...unless(
      memory !== undefined,
      `${at}.cpu`,
      worker.cpu,
      `Fargate has ${Object.keys(fargateMemory).join(', ')}: choose one`,
    ),
    ...unless(
      memory === undefined || memory.includes(worker.memoryMiB),
      `${at}.memoryMiB`,
      worker.memoryMiB,
      `with ${worker.cpu} CPU units Fargate offers ${memory?.join(', ')}: choose one`,
    ),
    ...unless(
      Number.isInteger(slots) && slots >= 1 && slots <= Math.min(mostSlots, 64),
      `${at}.slots`,
      slots,
      `use 1 to ${mostSlots}: slots share the task's ${worker.cpu / 1024} vCPU, and beyond four a vCPU each one crawls`,
    ),
    ...unless(
      Number.isInteger(worker.minTasks) && worker.minTasks >= 0 && worker.minTasks <= worker.maxTasks,
      `${at}.minTasks`,
      worker.minTasks,
      `use 0 to maxTasks, which is ${worker.maxTasks}`,
    ),
    ...unless(
      Number.isInteger(worker.maxTasks) && worker.maxTasks >= 1,
      `${at}.maxTasks`,
      worker.maxTasks,
      'use at least 1; to stop a class, take it off the list',
    ),
    ...unless(
      worker.backlogPerSlot >= 1.5,
      `${at}.backlogPerSlot`,
      worker.backlogPerSlot,
      'use at least 1.5: a slot that is busy while the queue is empty reads 1.0, so nearer targets never settle',
    ),
  ]
}

/** A class that can be at zero needs a way back; and one that starts at the first task only where nobody else would. */
function wakeUpProblems(workers: readonly WorkerClass[]): Problem[] {
  const allAtZero = workers.every(({ minTasks }) => minTasks === 0)
  return workers.flatMap(({ minTasks, wakeUpBacklog }, index) => {
    const field = `workQueue.workers[${index}].wakeUpBacklog`
    if (minTasks > 0)
      return unless(
        wakeUpBacklog === undefined,
        field,
        wakeUpBacklog,
        'leave it out, since minTasks is above 0',
      )
    const least = allAtZero ? 0 : 1
    return unless(
      wakeUpBacklog !== undefined && Number.isInteger(wakeUpBacklog) && wakeUpBacklog >= least,
      field,
      wakeUpBacklog,
      `minTasks is 0, so give the backlog above which the first task starts: ${least} or more`,
    )
  })
}

function producerProblems({ workQueue: { producer } }: Environment): Problem[] {
  const { reservedConcurrency: reserved, connections } = producer
  return unless(
    reserved === undefined || (reserved >= 1 && reserved <= connections),
    'workQueue.producer.reservedConcurrency',
    reserved,
    `use 1 to workQueue.producer.connections, which is ${connections}: each running function holds a connection`,
  )
}

/**
 * A task longer than the stop timeout runs on through deployments and scale-in because its worker is protected; what
 * no protection covers is handed back. So a timeout must fit into the protection, and the broker must wait longer.
 */
function timeoutProblems(): Problem[] {
  const types = taskTypes.flatMap(({ type, timeoutSeconds }) =>
    unless(
      timeoutSeconds >= 1 && timeoutSeconds <= 24 * 3_600 && timeoutSeconds < taskProtectionSeconds,
      `services/tasks: timeoutSeconds of ${type}`,
      timeoutSeconds,
      'use 1 to 86400 seconds; cut longer work into several tasks',
    ),
  )
  const longest = Math.max(...taskTypes.map(({ timeoutSeconds }) => timeoutSeconds))
  return [
    ...types,
    ...unless(
      consumerTimeoutSeconds >= longest + 300,
      'infra/timing.ts: consumerTimeoutSeconds',
      consumerTimeoutSeconds,
      `use at least ${longest + 300}, five minutes more than the longest task timeout`,
    ),
    ...unless(
      drainSeconds + 10 <= stopTimeoutSeconds,
      'infra/timing.ts: drainSeconds',
      drainSeconds,
      `use at most ${stopTimeoutSeconds - 10}: what is still running needs ten seconds to be handed back before ECS kills the worker`,
    ),
  ]
}

function budgetProblems(environment: Environment): Problem[] {
  return connectionBudgets(environment)
    .filter(({ needed, available }) => needed > available)
    .map((budget) => ({
      field: `broker (${budget.what})`,
      seen: budget.needed,
      remedy: `lower workQueue.producer.connections or maxTasks, or take a larger broker.instanceType\n${describeBudget(budget).replaceAll(/^/gm, '    ')}`,
    }))
}
