import { setTimeout as pause } from 'node:timers/promises'
import type { Fault } from './fault.ts'
import { frozen } from './seats.ts'

const producer = { needs: 'node', claims: 'producers' } as const

/** What happens to producers. */
export const producerFaults: readonly Fault[] = [
  {
    ...producer,
    kind: 'producer-frozen',
    async inject(system, random) {
      const seat = random.pick(system.producers)
      // as Lambda does: between two invocations, for longer than the broker keeps the connection
      await system.workload.without(seat, async () => {
        await frozen(seat, 'the broker gives up a producer that is frozen')
        await system.workload.insist(seat)
      })
      return []
    },
  },
  {
    ...producer,
    kind: 'confirms-delayed',
    async inject(system, random) {
      const seat = random.pick(system.producers)
      seat.line.pause('answers')
      // longer than the producer waits for confirms
      await pause(6_000)
      seat.line.resume()
      return [seat.name]
    },
  },
]
