import type { ServiceOptions, ServiceProcess } from '../../../local/service-process.ts'
import { cgroupLimit } from './cgroups.ts'
import { type DockerOptions, dockerLimit } from './docker-limit.ts'

/** Something of this machine that limits how much CPU a process gets. */
export interface CpuLimit {
  /** What it is, in words. */
  readonly how: string
  /**
   * Starts a service that gets no more than so much CPU, 1 being a whole one. It ends with this process at the latest.
   * @throws Error when it cannot be limited
   */
  start(options: ServiceOptions, cpus: number): ServiceProcess
  /** Leaves nothing behind. The services have ended by then. */
  remove(): Promise<void>
}

/** Finds one that works here. @returns otherwise why there is none */
export async function findCpuLimit(options: DockerOptions): Promise<CpuLimit | string> {
  const cgroups = await cgroupLimit('/sys/fs/cgroup')
  if (typeof cgroups !== 'string') return cgroups
  const docker = await dockerLimit(options)
  return typeof docker === 'string' ? `${cgroups}; ${docker}` : docker
}
