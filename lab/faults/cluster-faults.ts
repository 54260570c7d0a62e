import { until } from '../../test/support/until.ts'
import type { Fault } from './fault.ts'
import { patienceSeconds } from './patience.ts'
import type { System } from './system.ts'

const cluster = { needs: 'cluster', claims: 'broker' } as const

/** What Amazon MQ's maintenance and the loss of a zone do to three nodes. */
export const clusterFaults: readonly Fault[] = [
  {
    ...cluster,
    kind: 'leader-killed',
    slow: true,
    async inject(system) {
      const leader = await system.admin.leader()
      await leader.kill()
      await goesOn(system)
      await leader.start()
      return 'all'
    },
  },
  {
    ...cluster,
    kind: 'rolling-restart',
    slow: true,
    async inject(system) {
      // as Amazon MQ's maintenance does: one node after the other, connections closed with 320. What
      // `rabbitmq-upgrade drain` calls: https://www.rabbitmq.com/docs/4.3/upgrade#maintenance-mode
      for (const node of system.nodes) {
        await node.ctl('eval', 'rabbit_maintenance:drain().')
        await node.ctl('stop_app')
        await node.ctl('start_app')
        await node.ctl('await_online_nodes', String(system.nodes.length))
      }
      return 'all'
    },
  },
]

/** Waits until the work queue has a leader again. */
export async function led({ admin }: System): Promise<void> {
  await until(() => admin.leader(), { within: patienceSeconds, what: 'the queue has a leader' })
}

/** Two nodes of three are a majority: tasks that are sent now must be done now. */
export async function goesOn(system: System, within = 60): Promise<void> {
  await system.untilDone(system.workload.add(10, 'trial', {}), within)
}
