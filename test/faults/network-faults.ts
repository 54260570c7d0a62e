import { setTimeout as pause } from 'node:timers/promises'
import { until } from '../support/until.ts'
import type { Fault } from './fault.ts'
import type { Random } from './random.ts'
import type { Seat } from './seats.ts'
import type { System } from './system.ts'

const network = { needs: 'node', claims: 'network' } as const

function anyone(system: System, random: Random): Seat {
  return random.pick([...system.workers, ...system.producers])
}

/** Holds what is on a line until both ends have given it up, or are on another. */
async function held({ name, line }: Seat, what: 'everything' | 'answers'): Promise<void> {
  await until(() => line.open > 0, { within: 30, what: `${name} is connected` })
  const { accepted } = line
  line.pause(what)
  try {
    await until(() => line.accepted > accepted, { within: 30, what: `${name} has given up a dead line` })
  } finally {
    line.resume()
  }
}

/** What happens on the lines to the broker. */
export const networkFaults: readonly Fault[] = [
  {
    ...network,
    kind: 'network-cut',
    async inject(system, random) {
      const seat = anyone(system, random)
      seat.line.refuse(true)
      seat.line.cut()
      await pause(random.whole(500, 2_000))
      seat.line.refuse(false)
      return [seat.name]
    },
  },
  {
    ...network,
    kind: 'network-silent',
    async inject(system, random) {
      const seat = anyone(system, random)
      await held(seat, 'everything')
      return [seat.name]
    },
  },
  {
    ...network,
    kind: 'network-silent-one-way',
    async inject(system, random) {
      const seat = random.pick(system.workers)
      await held(seat, 'answers')
      return [seat.name]
    },
  },
  {
    ...network,
    kind: 'network-slow',
    async inject(system, random) {
      const { line } = anyone(system, random)
      line.latency(200)
      await pause(random.whole(1_000, 3_000))
      line.latency(0)
      return []
    },
  },
  {
    ...network,
    kind: 'network-reset-in-mid-frame',
    async inject(system, random) {
      const seat = anyone(system, random)
      const { accepted } = seat.line
      seat.line.breakAfter(random.whole(1, 2_000))
      await until(() => seat.line.accepted > accepted, { within: 30, what: `${seat.name} connects again` })
      return [seat.name]
    },
  },
  {
    ...network,
    kind: 'network-reset-during-set-up',
    async inject(system, random) {
      const seat = anyone(system, random)
      seat.line.reset()
      // the protocol header has 8 bytes, the server's first frame some 500
      for (const bytes of [random.whole(1, 8), random.whole(9, 500), random.whole(501, 700)]) {
        const { accepted } = seat.line
        seat.line.breakAfter(bytes)
        await until(() => seat.line.accepted > accepted, { within: 30, what: `${seat.name} connects again` })
      }
      return [seat.name]
    },
  },
]
