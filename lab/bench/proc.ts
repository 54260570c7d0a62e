import { readFileSync } from 'node:fs'

/** CPU time that a process has used, all its threads, in milliseconds; to 10 ms. NaN where there is no /proc. */
export function cpuMs(pid: number | undefined): number {
  // utime and stime, in ticks of 10 ms, after the name in parentheses: proc_pid_stat(5)
  const fields = readProc(pid, 'stat').split(') ').at(-1)?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** Memory of a process that is in RAM, in MB of 2^20 bytes. NaN where there is no /proc. */
export function rssMb(pid: number | undefined): number {
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(readProc(pid, 'status'))?.[1] ?? Number.NaN) / 1_024
}

function readProc(pid: number | undefined, file: 'stat' | 'status'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}
