import { until } from '../../test/support/until.ts'
import type { Fault } from './fault.ts'
import { linesLost } from './lines-lost.ts'
import { patienceSeconds } from './patience.ts'
import { busyWorker, expectExit } from './worker-faults.ts'

const worker = { needs: 'node', claims: 'workers', slow: true } as const

/** Workers that are asked to stop when they are not ready for it. */
export const drainFaults: readonly Fault[] = [
  {
    ...worker,
    kind: 'worker-stopped-at-its-start',
    async inject(system, random, over) {
      const seat = random.pick(system.workers)
      await seat.stop('SIGKILL')
      const atOnce = await seat.stop('SIGTERM')
      if (atOnce !== 0 && atOnce !== 'SIGTERM') throw new Error(`a worker ended with ${atOnce} at its start`)
      await until(() => seat.started, { within: patienceSeconds, what: `${seat.name} says a word` })
      // it listens to signals by now, and is about to connect
      expectExit(await seat.stop('SIGTERM'), 0, 'when stopped before it consumed')
      over()
      await seat.untilReady()
      return [seat.name]
    },
  },
  {
    ...worker,
    kind: 'worker-stopped-while-it-reconnects',
    async inject(system, random, over) {
      const seat = random.pick(system.workers)
      const { line } = seat
      const lost = linesLost([seat])
      line.refuse(true)
      try {
        line.reset()
        await lost()
        expectExit(await seat.stop('SIGTERM'), 0, 'after SIGTERM without a connection')
      } finally {
        line.refuse(false)
      }
      over()
      await seat.untilReady()
      return [seat.name]
    },
  },
  {
    ...worker,
    kind: 'worker-stopped-on-a-dead-line',
    async inject(system, _, over) {
      const { id, seat } = await busyWorker(system, 'announce')
      const { line } = seat
      line.pause()
      try {
        expectExit(await seat.stop('SIGTERM'), 0, 'after SIGTERM on a dead line')
      } finally {
        line.resume()
      }
      over()
      await seat.untilReady()
      await system.untilDone([id])
      return [seat.name]
    },
  },
  {
    ...worker,
    kind: 'broker-killed-while-a-worker-drains',
    // of the workers too: no other fault may end its process
    claims: 'everything',
    async inject(system, random, over) {
      const { id, seat } = await busyWorker(system)
      const exit = seat.stop('SIGTERM')
      const node = random.pick(system.nodes)
      await node.kill()
      await node.start()
      expectExit(await exit, 0, 'after SIGTERM without a broker')
      over()
      await seat.untilReady()
      await system.untilDone([id])
      return 'all'
    },
  },
]
