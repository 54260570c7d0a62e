import { setTimeout as pause } from 'node:timers/promises'
import type { BrokerNode } from '../../local/broker/broker.ts'
import type { Random } from '../random.ts'
import { goesOn, led } from './cluster-faults.ts'
import type { Fault } from './fault.ts'
import type { System } from './system.ts'

type Pair = readonly [BrokerNode, BrokerNode]

/**
 * Has nodes refuse each other, or take each other again. Erlang nodes talk only to those that know the same cookie,
 * which can be set for each peer: https://www.erlang.org/doc/apps/erts/erlang.html#set_cookie/2
 */
async function set(pairs: readonly Pair[], cut: boolean): Promise<void> {
  const order = (peer: BrokerNode) => {
    const cookie = cut ? "'a cookie that none has'" : 'erlang:get_cookie()'
    const known = `erlang:set_cookie('${peer.name}', ${cookie})`
    return cut ? `${known}, erlang:disconnect_node('${peer.name}')` : known
  }
  const nodes = new Set(pairs.flat())
  await Promise.all(
    [...nodes].map((node) => {
      const peers = pairs.filter((pair) => pair.includes(node)).map(([a, b]) => (a === node ? b : a))
      return node.ctl('eval', `${peers.map(order).join(', ')}.`)
    }),
  )
}

/** Cuts these, does something, and heals them whatever came of it. */
async function whileCut(pairs: readonly Pair[], work: () => Promise<unknown>): Promise<void> {
  try {
    await set(pairs, true)
    await work()
  } finally {
    await set(pairs, false)
  }
}

const around = (node: BrokerNode, nodes: readonly BrokerNode[]): Pair[] =>
  nodes.filter((other) => other !== node).map((other) => [node, other])

function partition(kind: string, happen: (system: System, random: Random) => Promise<unknown>): Fault {
  return {
    ...{ kind, needs: 'cluster', claims: 'broker', slow: true },
    async inject(system, random) {
      await happen(system, random)
      await led(system)
      return 'all'
    },
  }
}

/** What happens between nodes, whose clients still reach all of them. */
export const partitionFaults: readonly Fault[] = [
  partition('node-partitioned', async (system, random) =>
    whileCut(around(await system.admin.leader(), system.nodes), async () => {
      await goesOn(system)
      await pause(random.whole(1_000, 8_000))
    }),
  ),
  partition('follower-partitioned', async (system, random) => {
    const leader = await system.admin.leader()
    const node = random.pick(system.nodes.filter((each) => each !== leader))
    await whileCut(around(node, system.nodes), async () => {
      await goesOn(system)
      await pause(random.whole(1_000, 8_000))
    })
  }),
  // two that see the third and not each other
  partition('partition-in-part', async (system, random) => {
    const leader = await system.admin.leader()
    const other = random.pick(system.nodes.filter((each) => each !== leader))
    await whileCut([[leader, other]], () => goesOn(system))
  }),
  partition('partition-flaps', async (system, random) => {
    const node = await system.admin.leader()
    for (let times = random.whole(2, 4); times > 0; times -= 1)
      await whileCut(around(node, system.nodes), () => pause(random.whole(0, 1_000)))
  }),
  // no two are a majority: nothing is confirmed until they meet again
  partition('all-partitioned', async ({ nodes }, random) => {
    const [a, b, c] = nodes as [BrokerNode, BrokerNode, BrokerNode]
    await whileCut(
      [
        [a, b],
        [a, c],
        [b, c],
      ],
      () => pause(random.whole(1_000, 3_000)),
    )
  }),
]
