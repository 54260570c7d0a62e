import { randomBytes } from 'node:crypto'
import type { Docker } from '../../test/support/docker.ts'
import { until } from '../../test/support/until.ts'
import { complaint, type JsonLine, startChild } from './child.ts'
import { dockerRun, type RunOptions, type TaskSettings } from './task-definition.ts'

/** A task of a service, as a container. */
export interface Container {
  readonly name: string
  readonly startedAt: number
  /** When it was asked to stop, in milliseconds since 1970; undefined while it serves. */
  stoppedAt: number | undefined
  /** When its process had ended. */
  endedAt: number | undefined
  /** Seconds from `docker run` to the worker's first consumer. */
  readonly consumingAfter: Promise<number>
  /** Waits until the health check says so. @throws Error with what it said instead. */
  healthy(): Promise<void>
  /** SIGTERM, and SIGKILL after the stop timeout. @throws Error unless the worker ended by itself, and well. */
  stop(): Promise<void>
  remove(): Promise<void>
}

export interface ContainerOptions extends Omit<RunOptions, 'name'> {
  readonly docker: Docker
  readonly service: string
  readonly onLine: (container: string, line: JsonLine) => void
  /** Called when it ends and nobody stopped it. */
  readonly onDeath: (error: Error) => void
}

const startSeconds = 60

export function startContainer(task: TaskSettings, options: ContainerOptions): Container {
  const { docker, service } = options
  const name = `warren-rehearsal-${service}-${randomBytes(3).toString('hex')}`
  const startedAt = Date.now()
  const complaints: string[] = []
  const consuming = Promise.withResolvers<number>()
  consuming.promise.catch(() => undefined)
  const command = [...docker.command, ...dockerRun(task, { ...options, name })]
  const child = startChild(command, process.env, (line) => {
    options.onLine(name, line)
    if (line['msg'] === 'consuming') consuming.resolve((Date.now() - startedAt) / 1_000)
    complaints.push(...[complaint(line) ?? []].flat())
  })
  const wrote = (said = '') => [...complaints.slice(-4), said].filter(Boolean).join('\n  ') || 'nothing'
  const died = (how: string, said = '') =>
    new Error(`a task of ${task.path} ${how}; it wrote:\n  ${wrote(said)}`)
  const container: Container = {
    ...{ name, startedAt, stoppedAt: undefined, endedAt: undefined },
    consumingAfter: within(consuming.promise, startSeconds, () =>
      died(`does not consume after ${startSeconds} s`),
    ),
    async healthy() {
      if (!task.health) return
      const state = async () =>
        JSON.parse(await docker.docker('inspect', '--format', '{{json .State.Health}}', name))
      const { Status, Log } = await until(
        async () => {
          const health = await state()
          return health.Status !== 'starting' && health
        },
        { within: startSeconds, what: `an answer of the health check of ${task.path}` },
      )
      if (Status === 'healthy') return
      const said = Log?.at(-1)?.Output ?? ''
      throw died(`is ${Status} by its own health check: ${said.trim()}`)
    },
    async stop() {
      container.stoppedAt = Date.now()
      await docker.docker('stop', '--time', String(task.stopTimeoutSeconds), name)
      const { status, said } = await child.ended
      if (status === 0) return
      if (status !== 137) throw died(`ended with status ${status} when it was stopped`, said)
      throw died(
        `was killed ${task.stopTimeoutSeconds} s after SIGTERM, in the middle of its work: StopTimeout is shorter than what it still had to do`,
      )
    },
    async remove() {
      container.stoppedAt ??= Date.now()
      await docker.docker('rm', '--force', name).catch(() => undefined)
      await child.kill()
    },
  }
  void child.ended.then(({ status, said }) => {
    container.endedAt = Date.now()
    if (container.stoppedAt !== undefined) return
    const error = died(`ended by itself with status ${status}`, said)
    consuming.reject(error)
    options.onDeath(error)
  })
  return container
}

async function within<Value>(promise: Promise<Value>, seconds: number, late: () => Error): Promise<Value> {
  const timer = Promise.withResolvers<never>()
  const timeout = setTimeout(() => timer.reject(late()), seconds * 1_000)
  timer.promise.catch(() => undefined)
  return Promise.race([promise, timer.promise]).finally(() => clearTimeout(timeout))
}
