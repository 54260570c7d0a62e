import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isRunning } from '../../../local/local-file.ts'
import { startService } from '../../../local/service-process.ts'
import type { CpuLimit } from './cpu-limit.ts'

/** A control group that hands the CPU controller on to the groups below it. */
export interface CpuGroup {
  readonly version: 1 | 2
  readonly folder: string
}

const prefix = 'warren-cpu-'
const periodMicroseconds = 100_000
/** How long the kernel may take to forget a process that has ended. */
const patienceMs = 2_000

/**
 * Limits CPU by control groups of Linux, where this process may make some: as root, or below what systemd has
 * delegated to the user.
 * https://docs.kernel.org/scheduler/sched-bwc.html https://docs.kernel.org/admin-guide/cgroup-v2.html
 * @param mount where they are mounted
 * @returns why there can be none
 */
export async function cgroupLimit(mount: string): Promise<CpuLimit | string> {
  const reasons: string[] = []
  for (const parent of cpuGroups(mount, read('/proc/self/cgroup'))) {
    const limit = limitIn(parent)
    try {
      await removeForgotten(parent)
      await tryOut(parent)
      return limit
    } catch (error) {
      reasons.push(error instanceof Error ? error.message : String(error))
    }
  }
  const [reason = 'none hands the CPU controller on'] = reasons
  return `no control group may be made (${reason})`
}

/**
 * Where to make one, the nearest first. With version 1 in this process's own group; with version 2 in one above it,
 * since a group with processes of its own cannot hand a controller on.
 * @param own the content of /proc/self/cgroup
 */
export function cpuGroups(mount: string, own: string): CpuGroup[] {
  const groups = own.split('\n').map((line) => /^\d+:([^:]*):(.*)$/.exec(line)?.slice(1) ?? [])
  const pathOf = (controller: string) => groups.find(([names]) => names?.split(',').includes(controller))?.[1]
  const first = pathOf('cpu')
  if (first !== undefined) return [{ version: 1, folder: join(mount, 'cpu', first) }]
  return upwards(pathOf('') ?? '/')
    .map((path) => join(mount, path))
    .filter((folder) => read(join(folder, 'cgroup.subtree_control')).split(/\s/).includes('cpu'))
    .map((folder) => ({ version: 2, folder }))
}

function upwards(path: string): string[] {
  return path === '/' || path === '.' ? ['/'] : [path, ...upwards(dirname(path))]
}

function limitIn(parent: CpuGroup): CpuLimit {
  const made: string[] = []
  return {
    how: `control groups, version ${parent.version}`,
    start(options, cpus) {
      const group = createGroup(parent, cpus)
      made.push(group)
      const service = startService(options)
      if (service.pid !== undefined) enter(group, service.pid)
      return service
    },
    remove: async () => void (await Promise.all(made.map(removeGroup))),
  }
}

/** Its name says which process made it. */
function createGroup({ version, folder }: CpuGroup, cpus: number): string {
  const group = join(folder, `${prefix}${process.pid}-${randomBytes(4).toString('hex')}`)
  mkdirSync(group)
  const quota = Math.round(cpus * periodMicroseconds)
  if (version === 1) writeFileSync(join(group, 'cpu.cfs_quota_us'), String(quota))
  else writeFileSync(join(group, 'cpu.max'), `${quota} ${periodMicroseconds}`)
  return group
}

/** With all its threads. */
function enter(group: string, pid: number): void {
  writeFileSync(join(group, 'cgroup.procs'), String(pid))
}

async function removeGroup(group: string): Promise<void> {
  const until = Date.now() + patienceMs
  for (;;) {
    try {
      return rmdirSync(group)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EBUSY') || Date.now() > until)
        throw error
      await delay(10)
    }
  }
}

/** Of processes that were killed. */
async function removeForgotten({ folder }: CpuGroup): Promise<void> {
  const names = readdirSync(folder).filter((name) => name.startsWith(prefix))
  const forgotten = names.filter((name) => !isRunning(Number(name.slice(prefix.length).split('-')[0])))
  await Promise.all(forgotten.map((name) => removeGroup(join(folder, name))))
}

/** One may be allowed to make a group, but not to move a process into it. */
async function tryOut(parent: CpuGroup): Promise<void> {
  const group = createGroup(parent, 1)
  const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] })
  const ended = once(child, 'close')
  try {
    await once(child, 'spawn')
    enter(group, child.pid ?? 0)
  } finally {
    child.stdin.end()
    await ended
    await removeGroup(group)
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
