import { cgroupLimit } from './cgroups.ts'
import type { CpuLimit } from './cpu-limit.ts'
import { type DockerOptions, dockerLimit } from './docker-limit.ts'

/** Finds what limits CPU here. @returns otherwise why there is none */
export async function findCpuLimit(options: DockerOptions): Promise<CpuLimit | string> {
  const cgroups = await cgroupLimit('/sys/fs/cgroup')
  if (typeof cgroups !== 'string') return cgroups
  const docker = await dockerLimit(options)
  return typeof docker === 'string' ? `${cgroups}; ${docker}` : docker
}
