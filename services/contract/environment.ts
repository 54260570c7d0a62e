import * as z from 'zod'
import { logLevels } from './log.ts'

/**
 * The environment variables of each service: the one contract between infra and local, which set them, and the
 * services, which parse them. Setters write `{ … } satisfies Variables<typeof workerEnvironment>`.
 */

/** A whole number as decimal digits: `8`, never `08`, `8.0`, ` 8` or nothing. */
export const digits = (min: number, max: number) =>
  z
    .string()
    .regex(/^(0|[1-9]\d*)$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`)

export const filled = z.string().regex(/\S/, 'must not be blank')
const brokerUrl = z
  .string()
  .regex(/^amqps?:\/\/[^@/\s]+$/, 'must be amqps://host:port, without credentials or path')
const managementUrl = z
  .string()
  .regex(/^https?:\/\/[^@/\s]+$/, 'must be https://host:port, without credentials or path')

const everyService = z.object({
  BROKER_URL: brokerUrl,
  BROKER_VHOST: filled.default('/'),
  QUEUE_NAME: filled.default('tasks'),
  LOG_LEVEL: z.enum(logLevels, `must be one of ${logLevels.join(', ')}`).default('info'),
})

/** The name and password themselves: as ECS puts a secret into a container, and as local runs do. */
const credentials = z.object({ BROKER_USERNAME: filled, BROKER_PASSWORD: filled })
/** Where a Lambda function finds them: a secret that holds `{ "username", "password" }`. */
const secret = z.object({ BROKER_SECRET_ARN: filled })
const credentialsOrSecret = credentials.partial().extend(secret.partial().shape)
const management = z.object({ BROKER_MANAGEMENT_URL: managementUrl })

const metrics = z.object({
  /** The namespace of the service's metrics; without it, there are none. */
  METRICS_NAMESPACE: filled.optional(),
  /** How long they are counted together, in seconds: shorter than usual where a run lasts seconds. */
  METRICS_SECONDS: digits(1, 60).optional(),
})

export const workerEnvironment = everyService.extend(credentials.shape).extend({
  ...metrics.shape,
  /** The name of the worker class: first part of the consumer tags, and a dimension of the metrics. */
  WORKER_CLASS: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, 'must be 1 to 31 of a-z 0-9 -, a letter first'),
  /** The queue of task types that name none, for what handlers send; without it, QUEUE_NAME. */
  DEFAULT_QUEUE: filled.optional(),
  WORKER_SLOTS: digits(1, 250).default(1),
  /** How many slots run their handlers in one thread: for tasks that wait. A handler that blocks holds up the others. */
  WORKER_SLOTS_PER_THREAD: digits(1, 250).default(1),
  /** `auto` loses what a dying worker holds: it is there to show just that. */
  WORKER_ACK: z.enum(['manual', 'auto'], 'must be manual or auto').default('manual'),
  /** `0` means no limit: it is there to show what prefetch is for. */
  WORKER_PREFETCH: z.enum(['1', '0'], 'must be 1, or 0 for no limit').transform(Number).default(1),
  /** How long running tasks may go on after SIGTERM, in seconds. Fargate kills at most 120 s after the signal. */
  DRAIN_SECONDS: digits(0, 100).default(100),
  /** Share of the log lines of tasks that were done which is written, 0 to 1. Every other outcome is always logged. */
  TASK_LOG_SAMPLE: z
    .string()
    .regex(/^(0(\.\d+)?|1(\.0+)?)$/, 'must be a number from 0 to 1, such as 0.1')
    .transform(Number)
    .default(1),
  /** Port on loopback that answers the health check; 0 for none. */
  HEALTH_PORT: digits(0, 65_535).default(0),
  /** Set by ECS in each container: where a task is protected from scale-in. */
  ECS_AGENT_URI: z.string().optional(),
})

/** A value that is JSON text, such as CDK's `stack.toJsonString` makes. */
const json = <Schema extends z.ZodType>(shape: string, schema: Schema) =>
  z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text)
      } catch {
        context.addIssue(`must be JSON such as ${shape}`)
        return z.NEVER
      }
    })
    .pipe(schema)

export const producerEnvironment = everyService
  .extend(credentialsOrSecret.shape)
  .extend(metrics.shape)
  .extend({
    /** The queues beside QUEUE_NAME that task types may name, and that tasks go to. */
    MORE_QUEUES: json('["reports"]', z.array(filled)).default([]),
  })

export const probeEnvironment = everyService
  .extend(credentialsOrSecret.shape)
  .extend(management.shape)
  .extend({
    METRICS_NAMESPACE: filled,
    /** From one look at the queue to the next, in seconds: each run of the function looks for a minute. */
    PROBE_SECONDS: digits(1, 60).default(60),
    /** The worker classes that scale down to no task at all, each with the backlog above which it is to wake up. */
    WAKE_UP: json(
      '[{"class":"large","backlogAbove":200}]',
      z.array(z.object({ class: filled, backlogAbove: z.int().min(0) })),
    ).default([]),
  })

/** For what changes after a deployment: a new password in a secret. The rest are the custom resource's properties. */
export const topologyEnvironment = everyService
  .pick({ QUEUE_NAME: true, LOG_LEVEL: true })
  .extend(management.shape)
  .extend({
    ADMIN_SECRET_ARN: filled,
    SECOND_ADMIN_SECRET_ARN: filled,
    /** Broker users and their secrets. */
    USER_SECRETS: json(
      '[{"name":"tasks-worker","secretArn":"arn:..."}]',
      z.array(z.object({ name: filled, secretArn: filled })),
    ),
    /** The services that get their password at the start of a task, and so have to be deployed anew with a new one. */
    WORKER_SERVICES: json(
      '[{"cluster":"...","service":"..."}]',
      z.array(z.object({ cluster: filled, service: filled })),
    ),
  })

export const operatorEnvironment = everyService.extend(credentialsOrSecret.shape)

/** What a process must be given to satisfy a schema: strings only, those with a default optional. */
export type Variables<Schema extends z.ZodType> = z.input<Schema>

/** Every problem of an environment at once, one line each. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError'
}

/**
 * The variables that `schema` names, parsed and frozen.
 * @throws EnvironmentError that names each variable that is missing or wrong, and shows the value seen unless the
 * variable holds a secret.
 */
export function parseEnvironment<Schema extends z.ZodObject>(
  schema: Schema,
  env: NodeJS.ProcessEnv,
): Readonly<z.output<Schema>> {
  const parsed = schema.safeParse(env)
  if (parsed.success) return Object.freeze(parsed.data)
  const problems = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0])
    if (env[name] === undefined) return `${name} is missing`
    const seen = /PASSWORD|SECRET|TOKEN|KEY|HEADERS/.test(name)
      ? 'a value that is not shown'
      : masked(env[name])
    return `${name} ${issue.message}, got ${seen}`
  })
  throw new EnvironmentError(`the environment is not as it should be:\n  ${problems.join('\n  ')}`)
}

/** A value as an error may show it: `user:password@` in a URL is masked. */
function masked(value: string | undefined): string {
  return JSON.stringify(value?.replace(/\/\/[^@]*@/, '//***@'))
}
