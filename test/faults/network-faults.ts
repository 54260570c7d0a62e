import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../../local/random.ts'
import { until } from '../support/until.ts'
import type { Fault } from './fault.ts'
import { accepting } from './producer-faults.ts'
import type { Seat } from './seats.ts'
import type { System } from './system.ts'

/** Something that happens to the lines of one worker and one producer at the same time. */
function network(
  kind: string,
  happen: (seat: Seat, random: Random, system: System) => Promise<void>,
  { repeats = true } = {},
): Fault {
  return {
    kind,
    needs: 'node',
    claims: 'network',
    async inject(system: System, random: Random) {
      const seats = [random.pick(system.workers), random.pick(system.producers)]
      await Promise.all(seats.map((seat) => happen(seat, random.fork(), system)))
      return repeats ? seats.map(({ name }) => name) : []
    },
  }
}

/** Waits until a service has connected once more than `accepted` times. A producer does that when it is asked something. */
async function connectedAgain({ name, line }: Seat, accepted: number): Promise<void> {
  await until(() => line.accepted > accepted, { within: 60, what: `${name} connects again` })
}

/** Has connections break, and waits until they have and there is another: none may break when the fault is over. */
async function broken({ name, line }: Seat, ...bytes: readonly number[]): Promise<void> {
  const before = line.broken
  line.breakAfter(...bytes)
  const over = () => line.broken >= before + bytes.length && line.open > 0
  await until(over, { within: 60, what: `${name} connects again after ${bytes.length} broken connections` })
}

/** Holds what is on a line until its service has another. */
async function held(seat: Seat, what: 'everything' | 'answers'): Promise<void> {
  const { name, line } = seat
  await until(() => line.open > 0, { within: 60, what: `${name} is connected` })
  const { accepted } = line
  line.pause(what)
  try {
    await connectedAgain(seat, accepted)
  } finally {
    line.resume()
  }
}

/** What happens on the lines to the broker. */
export const networkFaults: readonly Fault[] = [
  network('network-cut', async ({ name, line }, random) => {
    line.refuse(true)
    line.cut()
    await pause(random.whole(500, 2_000))
    line.refuse(false)
    await until(() => line.open > 0, { within: 60, what: `${name} connects again` })
  }),
  network('network-silent', (seat) => held(seat, 'everything')),
  network('network-silent-one-way', (seat) => held(seat, 'answers')),
  network(
    'network-slow',
    async (seat, random, { producers, workload }) => {
      seat.line.latency(200)
      try {
        await pause(random.whole(1_000, 3_000))
        // slow is no reason to refuse
        if (producers.includes(seat)) await accepting(workload, seat)
      } finally {
        seat.line.latency(0)
      }
    },
    { repeats: false },
  ),
  network('network-reset-in-mid-frame', async (seat, random) => {
    await broken(seat, random.whole(1, 2_000))
  }),
  network('network-reset-during-set-up', async (seat, random) => {
    // the protocol header has 8 bytes, the server's first frame some 500
    const breaks = [random.whole(1, 8), random.whole(9, 500), random.whole(501, 700)]
    const over = broken(seat, ...breaks)
    seat.line.reset()
    await over
  }),
]
