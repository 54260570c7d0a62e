import type { TaskType } from '../services/contract/task-type.ts'
import { nativePackages } from '../services/tasks/native-packages.ts'
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
import * as timing from './timing.ts'

/** What is wrong with one setting. */
export interface Problem {
  /** Where, such as `workQueue.workers[0].cpu`. */
  readonly field: string
  readonly seen: unknown
  readonly remedy: string
}

/** What is not an environment's own, and must fit too. */
export interface Givens {
  readonly name: string
  readonly taskTypes: readonly TaskType[]
  readonly nativePackages: readonly string[]
  readonly timing: { readonly drainSeconds: number; readonly consumerTimeoutSeconds: number }
}
const ours: Givens = { name, taskTypes, nativePackages, timing }

/** All that is wrong with an environment, in one message. */
export class EnvironmentProblems extends Error {
  override readonly name = 'EnvironmentProblems'
}

/**
 * The environment of this name.
 * @throws EnvironmentProblems that names each setting that does not fit, with the value seen and the remedy.
 */
export function checkedEnvironment(environmentName: string, from = environments): Environment {
  const environment = from[environmentName]
  if (!environment) {
    const known = Object.keys(from).join(', ')
    throw new EnvironmentProblems(
      `environment must be one of ${known}, got "${environmentName}": choose with -c environment=<name>, or add it to infra/environments.ts`,
    )
  }
  const problems = findProblems(environmentName, environment)
  if (problems.length === 0) return environment
  const lines = problems.map(({ field, seen, remedy }) => `  ${field} is ${JSON.stringify(seen)}: ${remedy}`)
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`
  throw new EnvironmentProblems(`environment "${environmentName}" has ${count}:\n${lines.join('\n')}`)
}

/** Everything that does not fit together; nothing when the environment can be deployed. */
export function findProblems(environmentName: string, environment: Environment, givens = ours): Problem[] {
  const problems: Problem[] = []
  const settingsAt: SettingsAt = (path, settings) => (field, fits, remedy) => {
    const seen = settings[field]
    if (!fits) problems.push({ field: `${path}${String(field)}`, seen, remedy })
  }
  checkNames(settingsAt, { name: givens.name, environment: environmentName }, environment)
  checkNetworkAndBroker(settingsAt, environment)
  const { workers } = environment.workQueue
  for (const [index, worker] of workers.entries()) {
    const check = settingsAt(`workQueue.workers[${index}].`, worker)
    checkWorker(check, worker, workers)
    checkArchitecture(check, worker, workers, givens)
  }
  checkBudgets(settingsAt, environment)
  checkTimeouts(settingsAt, givens)
  return problems
}

/** Where settings stand; then, for one of them, whether it fits and what to do where it does not. */
type SettingsAt = <Settings extends object>(path: string, settings: Settings) => Check<Settings>
type Check<Settings> = (field: keyof Settings, fits: boolean, remedy: string) => void

const oneOf = (values: readonly unknown[] | undefined) => `choose one of ${values?.join(', ')}`

function checkNames(
  settingsAt: SettingsAt,
  prefixes: { readonly name: string; readonly environment: string },
  environment: Environment,
): void {
  // both begin the broker's name, which may have 50 characters, and those of the stacks
  const prefix = /^[a-z][a-z0-9-]{0,19}$/
  const names = settingsAt('', prefixes)
  names('name', prefix.test(prefixes.name), 'use 1 to 20 of a-z 0-9 -, a letter first')
  names('environment', prefix.test(prefixes.environment), 'use 1 to 20 of a-z 0-9 -, a letter first')
  const queueFits = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(environment.workQueue.queue)
  const workQueue = settingsAt('workQueue.', environment.workQueue)
  workQueue('queue', queueFits, 'use 1 to 100 of A-Z a-z 0-9 . _ -, a letter or digit first')
  workQueue('workers', environment.workQueue.workers.length > 0, 'add a worker class')
  const sample = environment.workQueue.taskLogSample ?? 1
  workQueue('taskLogSample', sample >= 0 && sample <= 1, 'use 0 to 1, such as 0.1 for a tenth of the lines')
  settingsAt('', environment)('logDays', logDays.includes(environment.logDays), oneOf(logDays))
}

function checkNetworkAndBroker(settingsAt: SettingsAt, { network, broker }: Environment): void {
  const zones = typeof network.zones === 'number' ? network.zones : network.zones.length
  const least = Math.max(2, brokerNodes[broker.mode])
  const remedy = `use ${least} or more: the broker has a node in each, and tasks survive the loss of one`
  settingsAt('network.', network)('zones', zones >= least, remedy)
  if ('vpcId' in network) {
    const fits = network.privateSubnetIds.length === zones
    const remedy = `give one for each of the ${zones} zones, in the same order`
    settingsAt('network.', network)('privateSubnetIds', fits, remedy)
  }
  const types = Object.keys(brokerLimits).filter((type) => brokerLimits[type]?.[broker.mode])
  const typeRemedy = `for ${broker.mode} ${oneOf(types)}, or add its limits to infra/limits.ts`
  settingsAt('broker.', broker)('instanceType', types.includes(broker.instanceType), typeRemedy)
  const timeFits = /^([01]\d|2[0-3]):[0-5]\d$/.test(broker.maintenance.time)
  settingsAt('broker.maintenance.', broker.maintenance)('time', timeFits, 'use HH:MM in UTC, up to 23:59')
}

function checkWorker(check: Check<WorkerClass>, worker: WorkerClass, all: readonly WorkerClass[]): void {
  const { cpu, minTasks, maxTasks, wakeUpBacklog } = worker
  const memory = fargateMemory[cpu]
  const slots = slotsOf(worker)
  const mostSlots = Math.min(64, Math.max(1, (cpu / 1024) * 4))
  const whole = (value: number, from: number) => Number.isInteger(value) && value >= from
  check('name', /^[a-z][a-z0-9-]{0,30}$/.test(worker.name), 'use 1 to 31 of a-z 0-9 -, a letter first')
  const namesake = all.find((other) => other.name === worker.name)
  check('name', namesake === worker, 'another class has this name: choose one of its own')
  check('cpu', memory !== undefined, oneOf(Object.keys(fargateMemory)))
  const memoryFits = memory?.includes(worker.memoryMiB) ?? true
  check('memoryMiB', memoryFits, `with ${cpu} CPU units ${oneOf(memory)}`)
  const slotsFit = whole(slots, 1) && slots <= mostSlots
  check('slots', slotsFit, `use 1 to ${mostSlots}: slots share the task's ${cpu / 1024} vCPU`)
  check('maxTasks', whole(maxTasks, 1), 'use at least 1; to stop a class, take it off the list')
  check('minTasks', whole(minTasks, 0) && minTasks <= maxTasks, `use 0 to maxTasks, which is ${maxTasks}`)
  const settles = 'use at least 1.5: a slot that is busy while the queue is empty reads 1.0'
  check('backlogPerSlot', worker.backlogPerSlot >= 1.5, settles)
  const least = all.every((other) => other.minTasks === 0) ? 0 : 1
  if (minTasks > 0) {
    check('wakeUpBacklog', wakeUpBacklog === undefined, 'leave it out, since minTasks is above 0')
  } else {
    const remedy = `minTasks is 0, so give the backlog above which the first task starts: ${least} or more`
    check('wakeUpBacklog', whole(wakeUpBacklog ?? -1, least), remedy)
  }
}

function checkArchitecture(
  check: Check<WorkerClass>,
  worker: WorkerClass,
  [first]: readonly WorkerClass[],
  { nativePackages }: Givens,
): void {
  const same = nativePackages.length === 0 || worker.architecture === first?.architecture
  const remedy =
    'with services/tasks/native-packages.ts all classes share one image: use one architecture for all'
  check('architecture', same, remedy)
}

function checkBudgets(settingsAt: SettingsAt, environment: Environment): void {
  const { producer } = environment.workQueue
  const reserved = producer.reservedConcurrency ?? 1
  const reservedFits = reserved >= 1 && reserved <= producer.connections
  const remedy = `use 1 to connections, which is ${producer.connections}: each running function holds one`
  settingsAt('workQueue.producer.', producer)('reservedConcurrency', reservedFits, remedy)
  for (const budget of connectionBudgets(environment)) {
    const remedy = `take a larger one, or lower maxTasks or producer.connections\n${describeBudget(budget)}`
    const fits = budget.needed <= budget.available
    settingsAt('broker.', environment.broker)('instanceType', fits, remedy.replaceAll('\n', '\n    '))
  }
}

/**
 * A task that takes longer than the stop timeout outlives deployments and scale-in because its worker is protected;
 * what no protection covers, such as Spot, hands it back. So a timeout must fit into the protection, and the broker
 * must wait longer.
 */
function checkTimeouts(settingsAt: SettingsAt, { taskTypes, timing }: Givens): void {
  for (const type of taskTypes) {
    const fits = type.timeoutSeconds >= 1 && type.timeoutSeconds <= Math.min(86_400, taskProtectionSeconds)
    const remedy = 'use 1 to 86400; cut longer work into several tasks'
    settingsAt(`task type ${type.type}: `, type)('timeoutSeconds', fits, remedy)
  }
  const check = settingsAt('infra/timing.ts: ', timing)
  const longest = Math.max(...taskTypes.map(({ timeoutSeconds }) => timeoutSeconds))
  const consumerFits = timing.consumerTimeoutSeconds >= longest + 300
  const drainFits = timing.drainSeconds <= stopTimeoutSeconds - 10
  const later = `use ${longest + 300} or more: five minutes after any task's own`
  check('consumerTimeoutSeconds', consumerFits, later)
  const sooner = `use up to ${stopTimeoutSeconds - 10}: handing back takes up to ten seconds more`
  check('drainSeconds', drainFits, sooner)
}
