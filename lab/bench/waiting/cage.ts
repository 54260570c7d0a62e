import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../../../test/support/until.ts'
import { cpuGroups } from '../../tutorial/experiments/cgroups.ts'
import type { Contender } from '../contenders.ts'

/** What a container of the smallest size has on Fargate. */
export const smallest = { cpus: 0.25, memoryMb: 512 } as const

/** Control groups that hold the processes of one container. Disposing of it removes them: its processes have ended. */
export interface Cage extends AsyncDisposable {
  /** The contender, inside from its first instruction on. */
  caged(contender: Contender): Contender
}

const mount = '/sys/fs/cgroup'

/**
 * A cage with a quarter of a CPU and 512 MB.
 * https://docs.kernel.org/admin-guide/cgroup-v2.html https://docs.kernel.org/admin-guide/cgroup-v1/memory.html
 * @throws Error that says why this machine has none
 */
export function createCage(): Cage {
  const name = `warren-bench-${process.pid}-${randomBytes(4).toString('hex')}`
  const made: string[] = []
  for (const { folder, limits } of places()) {
    const group = join(folder, name)
    mkdirSync(group)
    made.push(group)
    for (const [file, value] of limits) writeFileSync(join(group, file), String(value))
  }
  const enter = 'for group in $GROUPS_TO_ENTER; do echo $$ > $group/cgroup.procs; done; exec "$@"'
  return {
    caged: (contender) => ({
      ...contender,
      command: (place) => ['sh', '-c', enter, 'sh', ...contender.command(place)],
      variables: (place) => ({ ...contender.variables(place), GROUPS_TO_ENTER: made.join(' ') }),
    }),
    async [Symbol.asyncDispose]() {
      for (const group of made)
        await until(() => removed(group), { within: 10, what: `nothing runs in ${group}` })
    },
  }
}

/** Why there can be no cage here; undefined where there can. */
export async function whyNoCage(): Promise<string | undefined> {
  try {
    await createCage()[Symbol.asyncDispose]()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

interface Place {
  readonly folder: string
  readonly limits: readonly (readonly [file: string, value: string | number])[]
}

/** With version 1 a group in each of two hierarchies, with version 2 one group. */
function places(): Place[] {
  const own = readFileSync('/proc/self/cgroup', 'utf8')
  const [cpu] = cpuGroups(mount, own)
  if (!cpu) throw new Error('no control group hands the CPU controller on')
  const quota = smallest.cpus * 100_000
  const bytes = smallest.memoryMb * 2 ** 20
  if (cpu.version === 2) {
    const limits = [
      ['cpu.max', `${quota} 100000`],
      ['memory.max', bytes],
      ['memory.swap.max', 0],
    ] as const
    return [{ folder: cpu.folder, limits }]
  }
  const path = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(own)?.[1]
  if (path === undefined) throw new Error('the memory controller is in no hierarchy')
  return [
    { folder: cpu.folder, limits: [['cpu.cfs_quota_us', quota]] },
    { folder: join(mount, 'memory', path), limits: [['memory.limit_in_bytes', bytes]] },
  ]
}

function removed(group: string): boolean {
  try {
    rmdirSync(group)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EBUSY') return false
    throw error
  }
}
