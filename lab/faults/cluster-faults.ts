import { setTimeout as pause } from 'node:timers/promises'
import type { BrokerNode } from '../../local/broker/broker.ts'
import type { Fault } from './fault.ts'
import type { System } from './system.ts'

const cluster = { needs: 'cluster', claims: 'broker' } as const

/** What happens to one node of three. */
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
    kind: 'node-partitioned',
    slow: true,
    async inject(system, random) {
      const leader = await system.admin.leader()
      await separate(system, leader, 'a cookie that none has')
      await goesOn(system)
      await pause(random.whole(1_000, 10_000))
      await separate(system, leader, undefined)
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

/** Two nodes of three are a majority: tasks that are sent now must be done now. */
async function goesOn(system: System): Promise<void> {
  await system.untilDone(system.workload.add(10, 'trial', {}))
}

/**
 * Has a node and the others refuse each other, or, without a cookie, take each other again. Erlang nodes talk only to
 * those that know the same cookie, which can be set for each peer: https://www.erlang.org/doc/apps/erts/erlang.html#set_cookie/2
 */
async function separate({ nodes }: System, node: BrokerNode, cookie: string | undefined): Promise<void> {
  const others = nodes.filter((other) => other !== node)
  const forget = (peer: BrokerNode) => {
    const value = cookie === undefined ? 'erlang:get_cookie()' : `'${cookie}'`
    const set = `erlang:set_cookie('${peer.name}', ${value})`
    return cookie === undefined ? set : `${set}, erlang:disconnect_node('${peer.name}')`
  }
  await Promise.all([
    node.ctl('eval', `${others.map(forget).join(', ')}.`),
    ...others.map((other) => other.ctl('eval', `${forget(node)}.`)),
  ])
}
