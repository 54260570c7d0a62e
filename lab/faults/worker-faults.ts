import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { until } from '../../test/support/until.ts'
import type { Fault } from './fault.ts'
import { patienceSeconds } from './patience.ts'
import { frozen } from './seats.ts'
import type { System } from './system.ts'
import type { Trial } from './workload.ts'

const worker = { needs: 'node', claims: 'workers' } as const

/** A task that lingers on the first try, or one that takes a second, and the worker that has it. */
export async function busyWorker(
  system: System,
  misbehave: 'linger' | 'announce' | 'abort' | 'kill' | 'leave-child' = 'linger',
  type: Trial['type'] = 'trial',
) {
  const [id = ''] = system.workload.add(1, type, { ms: 1_000, misbehave, tries: 1 })
  return { id, seat: await system.untilBegun(id) }
}

/** @throws Error when a worker ended otherwise */
export function expectExit(how: number | NodeJS.Signals, expected: number, when: string): void {
  if (how !== expected) throw new Error(`a worker ended with ${how} ${when}, not with ${expected}`)
}

/** A worker that was asked to stop finishes its task itself, or says that it was kept from it. */
function expectFinished({ folder, seen }: System, id: string, worker: string): void {
  const effects = readFileSync(join(folder, 'effects'), 'utf8').trim().split('\n')
  const finished = effects
    .map((line) => JSON.parse(line))
    .some((done) => done.id === id && done.worker === worker)
  if (!finished && !seen.failuresOf.has(id))
    throw new Error(`${worker} was stopped and left ${id} without a word and not done`)
}

/** What happens to worker processes. Only an end without warning may have a task done twice. */
export const workerFaults: readonly Fault[] = [
  {
    ...worker,
    kind: 'worker-killed',
    async inject(system, _, over) {
      const { id, seat } = await busyWorker(system)
      const replaced = seat.replace('SIGKILL')
      over()
      await replaced
      await system.untilDone([id])
      return [seat.name]
    },
  },
  {
    ...worker,
    kind: 'further-queues-worker-killed',
    async inject(system, _, over) {
      const other = await busyWorker(system)
      const { id, seat } = await busyWorker(system, 'linger', 'distant-trial')
      const replaced = seat.replace('SIGKILL')
      over()
      await replaced
      const own = system.workers.at(-1)
      if (seat !== own || other.seat === own)
        throw new Error(`${id} began on ${seat.name}, ${other.id} on ${other.seat.name}`)
      await system.untilDone([id])
      await other.seat.replace('SIGKILL')
      await system.untilDone([other.id])
      return [seat.name, other.seat.name]
    },
  },
  {
    ...worker,
    kind: 'worker-stopped',
    async inject(system, _, over) {
      const { id, seat } = await busyWorker(system, 'announce')
      const exit = seat.replace('SIGTERM')
      over()
      expectExit(await exit, 0, 'after SIGTERM')
      await system.untilDone([id])
      expectFinished(system, id, seat.name)
      return []
    },
  },
  {
    ...worker,
    kind: 'worker-stopped-twice',
    async inject(system, _, over) {
      const from = Date.now()
      const { id, seat } = await busyWorker(system)
      const { service } = seat
      const exit = seat.replace('SIGTERM', 'SIGTERM')
      // two at once may arrive as one
      await pause(200)
      service.signal('SIGTERM')
      over()
      expectExit(await exit, 0, 'after SIGTERM twice')
      await system.untilDone([id])
      await system.seen.noticed([id], 'handed-back', from)
      return [seat.name]
    },
  },
  {
    ...worker,
    kind: 'worker-stopped-past-its-deadline',
    async inject(system, _, over) {
      const from = Date.now()
      const { id, seat } = await busyWorker(system)
      const exit = seat.replace('SIGTERM')
      over()
      expectExit(await exit, 0, 'after its deadline')
      await system.untilDone([id])
      await system.seen.noticed([id], 'handed-back', from)
      return [seat.name]
    },
  },
  {
    ...worker,
    kind: 'worker-frozen',
    async inject(system, random, over) {
      const seat = random.pick(system.workers)
      const { line } = seat
      const { accepted } = line
      await frozen(seat, 'the broker gives up a worker that is frozen')
      over()
      await until(() => line.accepted > accepted && line.open > 0, {
        within: patienceSeconds,
        what: 'a worker that was frozen is back',
      })
      return [seat.name]
    },
  },
  {
    ...worker,
    kind: 'old-and-new-workers',
    async inject(system, _, over) {
      const old = await system.addWorker('old', { old: true })
      await old.untilReady()
      const refused = system.seen.outcomes.get('unknown-type') ?? 0
      const ids = system.workload.add(50, 'newcomer', {})
      const met = () => (system.seen.outcomes.get('unknown-type') ?? 0) > refused || system.done(ids)
      await until(met, { within: patienceSeconds, what: 'an old worker meets a new task type' })
      expectExit(await old.leave(), 0, 'when it was replaced')
      over()
      await system.untilDone(ids)
      return []
    },
  },
]
