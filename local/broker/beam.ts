import { run } from './run.ts'

/** The process id of the Erlang machine among the descendants of a process, as this machine numbers them. */
export async function beamPid(ancestor: number | undefined): Promise<number | undefined> {
  const table = await run(['ps', '-A', '-o', 'pid=,ppid=,comm='], { env: { PATH: '/usr/bin:/bin' } })
  const rows = table
    .split('\n')
    .map((line) => line.trim().split(/\s+/, 3))
    .map(([pid, parent, name = '']) => ({ pid: Number(pid), parent: Number(parent), name }))
  const family = new Set([ancestor])
  for (let size = 0; size < family.size; ) {
    size = family.size
    for (const row of rows) if (family.has(row.parent)) family.add(row.pid)
  }
  return rows.find((row) => family.has(row.pid) && row.name.includes('beam'))?.pid
}

/** Sends a signal to an Erlang machine of this machine. */
export function signalBeam(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) throw new Error(`no broker process to send ${signal} to: the node is not running`)
  process.kill(pid, signal)
}
