import { setTimeout as pause } from 'node:timers/promises'
import type { TcpProxy } from '../../test/support/tcp-proxy.ts'
import { until } from '../../test/support/until.ts'
import type { Random } from '../random.ts'
import type { Fault } from './fault.ts'
import { patienceSeconds } from './patience.ts'
import { accepting } from './producer-faults.ts'
import type { Seat } from './seats.ts'
import type { System } from './system.ts'

/** Something that happens to the lines of one worker and one producer at the same time. */
function network(
  kind: string,
  happen: (seat: Seat, random: Random, over: () => void, system: System) => Promise<void>,
  { repeats = true } = {},
): Fault {
  return {
    kind,
    needs: 'node',
    claims: 'network',
    async inject(system, random, over) {
      const seats = [random.pick(system.workers), random.pick(system.producers)]
      const left = new Set(seats)
      const overFor = (seat: Seat) => left.delete(seat) && left.size === 0 && over()
      await Promise.all(seats.map((seat) => happen(seat, random.fork(), () => overFor(seat), system)))
      return repeats ? seats.map(({ name }) => name) : []
    },
  }
}

/** Waits until a service has connected once more than `accepted` times. A producer does that when it is asked something. */
async function connectedAgain({ name, line }: Seat, accepted: number): Promise<void> {
  await until(() => line.accepted > accepted, { within: patienceSeconds, what: `${name} connects again` })
}

/** Has connections break, and waits until they have and there is another: none may break when the fault is over. */
async function broken({ name, line }: Seat, bytes: readonly number[], over: () => void): Promise<void> {
  const last = line.broken + bytes.length
  line.breakAfter(...bytes)
  await until(() => line.broken >= last, {
    within: patienceSeconds,
    what: `${bytes.length} connections of ${name} break`,
  })
  over()
  await until(() => line.open > 0, { within: patienceSeconds, what: `${name} connects again` })
}

/** Holds what is on a line until its service has another. */
async function held(seat: Seat, what: Parameters<TcpProxy['pause']>[0], over: () => void): Promise<void> {
  const { name, line } = seat
  await until(() => line.open > 0, { within: patienceSeconds, what: `${name} is connected` })
  const { accepted } = line
  line.pause(what)
  // such a line never comes back; another can be had from now on
  over()
  try {
    await connectedAgain(seat, accepted)
  } finally {
    line.resume()
  }
}

/** What happens on the lines to the broker. */
export const networkFaults: readonly Fault[] = [
  network('network-cut', async ({ name, line }, random, over) => {
    line.refuse(true)
    line.cut()
    await pause(random.whole(500, 2_000))
    line.refuse(false)
    over()
    await until(() => line.open > 0, { within: patienceSeconds, what: `${name} connects again` })
  }),
  network('network-flapping', async ({ name, line }, random, over) => {
    // shorter than the set-up of a connection, then longer: some are cut before they are one
    for (let times = 0; times < 10; times += 1) {
      line.cut()
      await pause(random.whole(20, 400))
    }
    over()
    await until(() => line.open > 0, { within: patienceSeconds, what: `${name} connects again` })
  }),
  network('network-silent', (seat, _, over) => held(seat, 'everything', over)),
  network('network-silent-one-way', (seat, random, over) =>
    held(seat, random.pick(['requests', 'answers'] as const), over),
  ),
  network(
    'network-slow',
    async (seat, random, _, { producers, workload }) => {
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
  network('network-reset-in-mid-frame', (seat, random, over) => broken(seat, [random.whole(1, 2_000)], over)),
  network('network-reset-during-set-up', async (seat, random, over) => {
    // the protocol header has 8 bytes, the server's first frame some 500
    const breaks = [random.whole(1, 8), random.whole(9, 500), random.whole(501, 700)]
    const done = broken(seat, breaks, over)
    seat.line.reset()
    await done
  }),
]
