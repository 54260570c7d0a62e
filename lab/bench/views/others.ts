import { existsSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { descendants } from '../../../test/support/processes.ts'

/**
 * Seconds of CPU that this machine has spent so far on other things than this process and what it has started, but for
 * a constant. Only two such figures of the same processes can be compared. 0 where there is no /proc.
 */
export function cpuOfOthers(): number {
  if (!existsSync('/proc/self/stat')) return 0
  const busyMs = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0)
  const own = [process.pid, ...descendants(process.pid).map(({ pid }) => pid)]
  return busyMs / 1_000 - own.reduce((sum, pid) => sum + cpuOf(pid), 0)
}

function cpuOf(pid: number): number {
  try {
    // utime and stime, in hundredths of a second, stand behind the name in parentheses: proc_pid_stat(5)
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return (Number(fields[11]) + Number(fields[12])) / 100
  } catch {
    return 0
  }
}
