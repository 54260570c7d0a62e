import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { until } from '../../test/support/until.ts'
import type { Fault } from './fault.ts'
import { linesLost } from './lines-lost.ts'
import { patienceSeconds } from './patience.ts'
import { accepting } from './producer-faults.ts'
import { frozen, type Seat } from './seats.ts'
import { expectExit } from './worker-faults.ts'

const worker = { needs: 'node', claims: 'workers', slow: true } as const

/** What a machine does to processes. */
export const processFaults: readonly Fault[] = [
  {
    ...worker,
    kind: 'all-workers-frozen',
    async inject({ workers }, _, over) {
      const accepted = workers.map(({ line }) => line.accepted)
      await Promise.all(
        workers.map((seat) => frozen(seat, `the broker gives up ${seat.name}, which is frozen`)),
      )
      over()
      const back = ({ line }: Seat, index: number) => line.open > 0 && line.accepted > (accepted[index] ?? 0)
      await until(() => workers.every(back), {
        within: patienceSeconds,
        what: 'all workers that were frozen are back',
      })
      return workers.map(({ name }) => name)
    },
  },
  {
    ...worker,
    kind: 'log-closed',
    async inject({ workers }, random, over) {
      const seat = random.pick(workers)
      seat.service.closeLog()
      expectExit(await seat.stop(), 0, 'when nobody read its log')
      over()
      await seat.untilReady()
      return []
    },
  },
  {
    ...worker,
    kind: 'descriptors-exhausted',
    async inject({ workers }, random, over) {
      const seat = random.pick(workers)
      const { line, service } = seat
      const former = openFilesOf(service.pid)
      const lost = linesLost([seat])
      try {
        // what is open stays open, and nothing more is opened
        await limitOpenFiles(service.pid, '3')
        line.reset()
        await lost()
        const { accepted } = line
        await pause(random.whole(1_000, 3_000))
        if (line.accepted > accepted && seat.service === service)
          throw new Error(`${seat.name} has connected without a descriptor`)
      } finally {
        // it may have ended meanwhile
        await limitOpenFiles(service.pid, former).catch(() => undefined)
      }
      over()
      await until(() => line.open > 0, { within: patienceSeconds, what: `${seat.name} connects again` })
      return [seat.name]
    },
  },
  {
    ...worker,
    claims: 'producers',
    kind: 'producer-killed',
    async inject({ producers, workload }, random, over) {
      const seat = random.pick(producers)
      await until(() => workload.isAsking(seat), { within: patienceSeconds, what: `${seat.name} is asked` })
      // in the middle of a request, which its client repeats with the same ids
      const replaced = seat.replace('SIGKILL')
      over()
      await replaced
      await accepting(workload, seat)
      return [seat.name]
    },
  },
]

/** The soft limit of a process, as prlimit takes it. */
function openFilesOf(pid: number): string {
  const limit = /^Max open files\s+(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))?.[1]
  if (limit === undefined) throw new Error(`process ${pid} has no limit of open files`)
  return limit
}

/** Sets the soft limit, with util-linux's prlimit. */
async function limitOpenFiles(pid: number, limit: string): Promise<void> {
  await promisify(execFile)('prlimit', ['--pid', String(pid), `--nofile=${limit}:`])
}
