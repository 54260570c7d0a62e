import { availableParallelism } from 'node:os'
import type { Assembly } from '../../ops/assembly.ts'
import type { Deployed } from './resolve.ts'

/** How ECS would run the one container of a task, as far as Docker can do the same. */
export interface TaskSettings {
  /** The definition's logical id. */
  readonly id: string
  readonly path: string
  readonly imageTag: string
  /** Whole CPUs. */
  readonly cpu: number
  /** Consumers of one task. */
  readonly slots: number
  readonly memoryMiB: number
  readonly environment: Readonly<Record<string, string>>
  /** Variable → `<secret's ARN>:<key>::` */
  readonly secrets: Readonly<Record<string, string>>
  readonly stopTimeoutSeconds: number
  readonly executionRole: string
  readonly user: string | undefined
  readonly readOnly: boolean
  readonly init: boolean
  readonly tmpfs: readonly { ContainerPath: string; Size: number; MountOptions?: string[] }[]
  readonly health: HealthCheck | undefined
}

interface HealthCheck {
  readonly Command: readonly string[]
  readonly Interval?: number
  readonly Timeout?: number
  readonly Retries?: number
  readonly StartPeriod?: number
}

interface Pair {
  readonly Name: string
  readonly Value: string
  readonly ValueFrom: string
}

interface ContainerDefinition {
  readonly Image: string
  readonly Environment?: readonly Pair[]
  readonly Secrets?: readonly Pair[]
  readonly HealthCheck?: HealthCheck
  readonly LinuxParameters?: { InitProcessEnabled?: boolean; Tmpfs?: TaskSettings['tmpfs'] }
  readonly ReadonlyRootFilesystem?: boolean
  readonly StopTimeout?: number
  readonly User?: string
}

export function taskSettings({ id, path, properties }: Deployed): TaskSettings {
  const [container, ...more] = properties['ContainerDefinitions'] as ContainerDefinition[]
  if (!container || more.length > 0)
    throw new Error(`${path} must have one container, the rehearsal runs no more`)
  const environment = Object.fromEntries(container.Environment?.map(({ Name, Value }) => [Name, Value]) ?? [])
  return {
    ...{ id, path, environment, slots: Number(environment['WORKER_SLOTS'] ?? 1) },
    imageTag: container.Image.split(':').at(-1) ?? '',
    cpu: Number(properties['Cpu']) / 1_024,
    memoryMiB: Number(properties['Memory']),
    secrets: Object.fromEntries(container.Secrets?.map(({ Name, ValueFrom }) => [Name, ValueFrom]) ?? []),
    // https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
    stopTimeoutSeconds: container.StopTimeout ?? 30,
    executionRole: String(properties['ExecutionRoleArn']),
    user: container.User,
    readOnly: container.ReadonlyRootFilesystem ?? false,
    init: container.LinuxParameters?.InitProcessEnabled ?? false,
    tmpfs: container.LinuxParameters?.Tmpfs ?? [],
    health: container.HealthCheck,
  }
}

/** The folder that an image is built from. */
export function imageOf({ path, imageTag }: TaskSettings, { images }: Assembly) {
  const image = images.find(({ tag }) => tag === imageTag)
  if (!image) throw new Error(`${path}: no image asset has the tag ${imageTag}`)
  return image
}

export interface RunOptions {
  readonly name: string
  readonly label: string
  readonly image: string
  /** More variables, secrets among them. */
  readonly variables: Readonly<Record<string, string>>
  /** File of a certificate authority to trust, here and in the container. */
  readonly caFile: string
  /** Containers share this machine's network, where each task on Fargate has its own: this one's health port. */
  readonly healthPort: number
  /** By how much a minute is shorter. */
  readonly factor: number
}

/** Arguments of `docker` that run a task as its definition says. */
export function dockerRun(task: TaskSettings, options: RunOptions): string[] {
  const { environment, command } = withHealthPort(task, options.healthPort)
  const ca = '/authority.pem'
  const variables = { ...environment, ...options.variables, NODE_EXTRA_CA_CERTS: ca }
  const memory = `${task.memoryMiB}m`
  return [
    ...['run', '--name', options.name, '--label', options.label, '--network', 'host', '--pull', 'never'],
    ...['--cpus', String(cpuHere(task)), '--memory', memory, '--memory-swap', memory],
    ...['--volume', `${options.caFile}:${ca}:ro`],
    ...(task.user === undefined ? [] : ['--user', task.user]),
    ...(task.readOnly ? ['--read-only'] : []),
    ...(task.init ? ['--init'] : []),
    ...task.tmpfs.flatMap(({ ContainerPath, Size, MountOptions = [] }) => [
      '--tmpfs',
      `${ContainerPath}:${[...MountOptions, `size=${Size}m`].join(',')}`,
    ]),
    ...healthOptions(task.health, command, options.factor),
    ...Object.entries(variables).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
    options.image,
  ]
}

/** Docker refuses more than there is. */
export function cpuHere({ cpu }: TaskSettings): number {
  return Math.min(cpu, availableParallelism())
}

function healthOptions(health: HealthCheck | undefined, command: string, factor: number): string[] {
  if (!health) return []
  const { Interval = 30, Timeout = 5, Retries = 3, StartPeriod = 0 } = health
  const shorter = (seconds: number) => `${Math.max(1, Math.round(seconds / factor))}s`
  return [
    ...['--health-cmd', command, '--health-retries', String(Retries), '--health-timeout', `${Timeout}s`],
    ...['--health-interval', shorter(Interval), '--health-start-period', `${StartPeriod}s`],
  ]
}

/** The port that the health check asks, wherever it is meant, becomes another. */
function withHealthPort({ health, environment }: TaskSettings, port: number) {
  const [form, ...words] = health?.Command ?? []
  const original = /127\.0\.0\.1[:/](\d+)/.exec(words.join(' '))?.[1]
  const replaced = words.map((word) => word.replaceAll(`127.0.0.1/${original}`, `127.0.0.1/${port}`))
  return {
    // Docker's command line takes shell text only
    command: form === 'CMD-SHELL' ? replaced.join(' ') : replaced.map(quoted).join(' '),
    environment: Object.fromEntries(
      Object.entries(environment).map(([key, value]) => [key, value === original ? String(port) : value]),
    ),
  }
}

const quoted = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`
