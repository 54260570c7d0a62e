import { setTimeout as pause } from 'node:timers/promises'
import type { Fault } from './fault.ts'
import { linesLost } from './lines-lost.ts'
import type { System } from './system.ts'

const broker = { needs: 'node', claims: 'broker', slow: true } as const

/** Runs `rabbitmqctl` on a node. */
function ctl(system: System, ...command: readonly string[]): Promise<unknown> {
  const [node] = system.nodes
  if (!node) throw new Error('the system has no node')
  return node.ctl(...command)
}

/** The workers of the default queue, and their user. */
function workersOf({ workers, admin }: System) {
  return { seats: workers.slice(0, -1), user: admin.credentials('worker').BROKER_USERNAME }
}

/** What somebody does to who may connect, and to those that are connected. */
export const accessFaults: readonly Fault[] = [
  {
    ...broker,
    kind: 'connection-readers-killed',
    async inject(system, _, over) {
      const lost = linesLost(system.workers)
      // of all nodes, as `rabbitmqctl list_connections` has them
      await ctl(system, 'eval', '[exit(Pid, kill) || Pid <- rabbit_networking:connections()], ok.')
      over()
      await lost()
      return 'all'
    },
  },
  {
    ...broker,
    kind: 'user-deleted',
    claims: 'everything',
    async inject(system, _, over) {
      const { seats, user } = workersOf(system)
      const lost = linesLost(seats)
      try {
        await ctl(system, 'delete_user', user)
        await lost()
      } finally {
        await system.admin.apply()
      }
      over()
      for (const seat of seats) await seat.untilReady()
      await system.untilDone(system.workload.add(20, 'trial', {}))
      return seats.map(({ name }) => name)
    },
  },
  {
    ...broker,
    kind: 'permissions-revoked',
    claims: 'everything',
    async inject(system, _, over) {
      const { seats, user } = workersOf(system)
      const lost = linesLost(seats)
      try {
        await ctl(system, 'clear_permissions', '-p', '/', user)
        // what is open has been allowed already
        await ctl(system, 'close_all_user_connections', user, 'closed by an operator')
        await lost()
      } finally {
        await system.admin.apply()
      }
      over()
      await system.untilDone(system.workload.add(20, 'trial', {}))
      return seats.map(({ name }) => name)
    },
  },
  {
    ...broker,
    kind: 'no-connection-allowed',
    async inject(system, random, over) {
      const lost = linesLost(system.workers)
      try {
        await ctl(system, 'set_vhost_limits', '-p', '/', '{"max-connections": 0}')
        await ctl(system, 'close_all_connections', 'no connection is allowed')
        await lost()
        await pause(random.whole(500, 2_000))
      } finally {
        await ctl(system, 'clear_vhost_limits', '-p', '/')
      }
      over()
      await system.untilDone(system.workload.add(20, 'trial', {}))
      return 'all'
    },
  },
]
