import { type Container, type ContainerOptions, startContainer } from './container.ts'
import type { TaskSettings } from './task-definition.ts'

/** An ECS service: as many equal tasks as it is asked for. */
export interface Service {
  readonly name: string
  /** Consumers of one task. */
  readonly slots: number
  readonly desired: number
  /** All tasks that there ever were. */
  readonly containers: readonly Container[]
  /** Starts or stops tasks until there are so many; the newest go first. Resolves when they consume or have ended. */
  scale(desired: number): Promise<void>
  /** The same service under another name and with other variables. */
  with(name: string, variables: Readonly<Record<string, string>>): Service
  remove(): Promise<void>
}

export type ServiceOptions = Omit<ContainerOptions, 'healthPort'> & { readonly freePort: () => number }

export function createService(name: string, task: TaskSettings, options: ServiceOptions): Service {
  const containers: Container[] = []
  let desired = 0
  const running = () => containers.filter(({ stoppedAt }) => stoppedAt === undefined)
  const start = async (count: number) => {
    const started = Array.from({ length: count }, () =>
      startContainer(task, { ...options, healthPort: options.freePort() }),
    )
    containers.push(...started)
    await Promise.all(started.map(({ consumingAfter }) => consumingAfter))
    await Promise.all(started.map((container) => container.healthy()))
  }
  const stop = (those: readonly Container[]) => Promise.all(those.map((container) => container.stop()))
  return {
    ...{ name, containers, slots: task.slots },
    get desired() {
      return desired
    },
    async scale(count) {
      desired = count
      const now = running()
      await (count >= now.length ? start(count - now.length) : stop(now.slice(count)))
    },
    with: (other, variables) =>
      createService(other, task, { ...options, variables: { ...options.variables, ...variables } }),
    remove: async () => void (await Promise.all(containers.map((container) => container.remove()))),
  }
}
