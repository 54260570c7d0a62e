import { setTimeout as pause } from 'node:timers/promises'
import type { BrokerNode } from '../../local/broker/broker.ts'
import { until } from '../../test/support/until.ts'
import type { Random } from '../random.ts'
import { goesOn, led } from './cluster-faults.ts'
import type { Fault } from './fault.ts'
import { patienceSeconds } from './patience.ts'
import type { System } from './system.ts'

const cluster = { needs: 'cluster', claims: 'broker', slow: true } as const

/** A node on which the work queue's leader is not. */
async function follower({ nodes, admin }: System, random: Random): Promise<BrokerNode> {
  const leader = await admin.leader()
  return random.pick(nodes.filter((node) => node !== leader))
}

/** Erlang that gives the work queue as `Queue`. */
const queueNamed = (queue: string) =>
  `{ok, Queue} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"/">>, queue, <<"${queue}">>))`

/** Has another member lead the work queue. */
async function moveLeader({ admin, nodes }: System, random: Random): Promise<void> {
  const leader = await admin.leader()
  const next = random.pick(nodes.filter((node) => node !== leader))
  await leader.ctl(
    'eval',
    `${queueNamed(admin.queue)}, rabbit_quorum_queue:transfer_leadership(Queue, '${next.name}').`,
  )
  await until(async () => (await admin.leader()) === next, {
    within: patienceSeconds,
    what: `${next.name} leads the queue`,
  })
}

/** Has a node stand still, as a machine does that hangs. */
async function hung(system: System, node: BrokerNode): Promise<'all'> {
  await node.pause()
  try {
    await goesOn(system, slowToNotice.seconds)
  } finally {
    await node.continue()
  }
  return 'all'
}

/** `net_ticktime` is 60 s by default: https://www.erlang.org/doc/apps/kernel/kernel_app.html#net_ticktime */
const slowToNotice = {
  seconds: 150,
  because: 'Erlang gives up a node that hangs when its ticks fail to come, by default for 60 seconds',
}

async function restarted(nodes: readonly BrokerNode[]): Promise<void> {
  // together: one that was not the last to stop waits for the others
  await Promise.all(nodes.map((node) => node.start()))
}

/** What happens to single nodes of three, and to more than one. */
export const nodeFaults: readonly Fault[] = [
  {
    ...cluster,
    kind: 'leader-moved',
    async inject(system, random) {
      for (let moves = random.whole(1, 3); moves > 0; moves -= 1) await moveLeader(system, random)
      return 'all'
    },
  },
  {
    ...cluster,
    kind: 'follower-killed',
    async inject(system, random) {
      const node = await follower(system, random)
      await node.kill()
      await goesOn(system)
      await node.start()
      return 'all'
    },
  },
  {
    ...cluster,
    kind: 'leader-hung',
    recovery: slowToNotice,
    inject: async (system) => hung(system, await system.admin.leader()),
  },
  {
    ...cluster,
    kind: 'follower-hung',
    recovery: slowToNotice,
    inject: async (system, random) => hung(system, await follower(system, random)),
  },
  {
    ...cluster,
    kind: 'majority-killed',
    async inject(system, random) {
      const { nodes } = system
      const left = random.pick(nodes)
      const rest = nodes.filter((node) => node !== left)
      await Promise.all(rest.map((node) => node.kill()))
      // one is no majority
      await pause(random.whole(500, 3_000))
      await restarted(rest)
      await led(system)
      return 'all'
    },
  },
  {
    ...cluster,
    kind: 'all-nodes-killed',
    async inject(system) {
      await Promise.all(system.nodes.map((node) => node.kill()))
      await restarted(system.nodes)
      await led(system)
      return 'all'
    },
  },
  {
    ...cluster,
    kind: 'member-removed',
    async inject(system, random) {
      // as when a node is replaced
      const node = await follower(system, random)
      const { admin } = system
      const leader = await admin.leader()
      const change = (what: string) => leader.ctl('eval', `${queueNamed(admin.queue)}, ok = ${what}.`)
      await change(`rabbit_quorum_queue:delete_member(Queue, '${node.name}')`)
      await goesOn(system)
      await change(`rabbit_quorum_queue:add_member(Queue, '${node.name}', voter, 30000)`)
      return 'all'
    },
  },
  {
    ...cluster,
    kind: 'nodes-drained',
    async inject(system) {
      // maintenance that ends without a restart: every connection is closed once
      for (const node of system.nodes) {
        await node.ctl('eval', 'rabbit_maintenance:drain().')
        await node.ctl('eval', 'rabbit_maintenance:revive().')
      }
      await goesOn(system)
      return 'all'
    },
  },
  {
    ...cluster,
    kind: 'leader-killed-before-due',
    async inject(system, _, over) {
      const ids = [1, 2, 3, 5].flatMap((seconds) => system.workload.add(10, 'trial', {}, seconds))
      await until(() => ids.every((id) => system.ledger.confirmedIds.has(id)), {
        within: patienceSeconds,
        what: 'tasks for later are confirmed',
      })
      const leader = await system.admin.leader()
      await leader.kill()
      await leader.start()
      over()
      await system.untilDone(ids)
      return 'all'
    },
  },
]
