import { execFileSync } from 'node:child_process'

/** A running process of this machine. */
export interface RunningProcess {
  readonly pid: number
  readonly command: string
}

/** All processes that a process has started, and those that they have. */
export function descendants(ancestor: number | undefined): RunningProcess[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((row) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(row) ?? [])
    .map(([, pid, parent, command = '']) => ({ pid: Number(pid), parent: Number(parent), command }))
  const family = new Set([ancestor])
  for (let size = 0; size < family.size; ) {
    size = family.size
    for (const { pid, parent } of rows) if (family.has(parent)) family.add(pid)
  }
  return rows.filter(({ pid, command }) => family.has(pid) && pid !== ancestor && !command.startsWith('ps '))
}

/** Whether it still runs. */
export function isRunning({ pid }: RunningProcess): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
