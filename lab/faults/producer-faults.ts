import { until } from '../../test/support/until.ts'
import type { Fault } from './fault.ts'
import { patienceSeconds } from './patience.ts'
import { frozen, type Seat } from './seats.ts'
import type { Trial, Workload } from './workload.ts'

const producer = { needs: 'node', claims: 'producers' } as const

/** Waits until a producer accepts tasks: another fault may keep it from the broker at this very time. */
export async function accepting(workload: Workload, seat: Seat, batch?: readonly Trial[]): Promise<void> {
  const accepts = () => workload.insist(seat, batch).then(() => true)
  await until(accepts, { within: patienceSeconds, what: `${seat.name} accepts tasks` })
}

/** What happens to producers. */
export const producerFaults: readonly Fault[] = [
  {
    ...producer,
    kind: 'producer-frozen',
    async inject(system, random, over) {
      const seat = random.pick(system.producers)
      // as Lambda does: between two invocations, for longer than the broker keeps the connection
      await system.workload.without(seat, async () => {
        // one that has no connection yet has nothing to lose
        await accepting(system.workload, seat)
        await frozen(seat, 'the broker gives up a producer that is frozen')
        over()
        await accepting(system.workload, seat)
      })
      return []
    },
  },
  {
    ...producer,
    kind: 'confirms-delayed',
    // it must tell the truth at its first answer, so that nothing else may keep it from the broker
    claims: 'everything',
    async inject({ producers, workload }, random) {
      const seat = random.pick(producers)
      await workload.without(seat, async () => {
        // the connection whose confirms are to come late
        await accepting(workload, seat)
        seat.line.pause('answers')
        try {
          await workload.insist(seat)
        } finally {
          seat.line.resume()
        }
      })
      return [seat.name]
    },
  },
  {
    ...producer,
    kind: 'schedule-invoked-again',
    async inject(system, _, over) {
      const { producers, workload } = system
      // as EventBridge does with what is due: once at least, and each time with the same ids
      const due = workload.batch()
      for (const seat of producers) await accepting(workload, seat, due)
      over()
      await system.untilDone(due.map(({ id }) => id))
      return producers.map(({ name }) => name)
    },
  },
]
