import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { BrokerNode } from '../../local/broker/broker.ts'
import { until } from '../../test/support/until.ts'
import type { Fault } from './fault.ts'
import { misbehave } from './handler-faults.ts'
import { linesLost } from './lines-lost.ts'
import { patienceSeconds } from './patience.ts'
import type { System } from './system.ts'

const broker = { needs: 'node', claims: 'broker' } as const

function anyNode(system: System): BrokerNode {
  const [node] = system.nodes
  if (!node) throw new Error('the system has no node')
  return node
}

const names = (seats: System['workers']) => seats.map(({ name }) => name)

/** Raises an alarm, and takes it back after some seconds. What was published meanwhile may be in the queue twice. */
function alarm(kind: string, raise: readonly string[], lower: readonly string[]): Fault {
  return {
    ...broker,
    kind,
    async inject(system, random) {
      const node = anyNode(system)
      try {
        await node.ctl(...raise)
        await pause(random.whole(1_000, 3_000))
      } finally {
        await node.ctl(...lower)
      }
      return names(system.producers)
    },
  }
}

/** What happens to the broker and its queue. */
export const brokerFaults: readonly Fault[] = [
  {
    ...broker,
    kind: 'broker-restarted',
    async inject(system) {
      const node = anyNode(system)
      await node.ctl('stop_app')
      await node.ctl('start_app')
      return 'all'
    },
  },
  {
    ...broker,
    kind: 'connections-closed',
    async inject(system, _, over) {
      const lost = linesLost(system.workers)
      await anyNode(system).ctl('close_all_connections', 'closed by an operator')
      over()
      await lost()
      return 'all'
    },
  },
  {
    ...broker,
    kind: 'broker-stopped-for-long',
    slow: true,
    async inject(system) {
      const node = anyNode(system)
      await node.ctl('stop_app')
      try {
        await pause(30_000)
      } finally {
        await node.ctl('start_app')
      }
      return 'all'
    },
  },
  {
    ...broker,
    kind: 'broker-killed',
    async inject(system) {
      const node = anyNode(system)
      await node.kill()
      await node.start()
      return 'all'
    },
  },
  {
    ...broker,
    kind: 'broker-killed-before-due',
    async inject(system, _, over) {
      const node = anyNode(system)
      const ids = [1, 2, 3, 5].flatMap((seconds) => system.workload.add(10, 'trial', {}, seconds))
      await until(() => ids.every((id) => system.ledger.confirmedIds.has(id)), {
        within: patienceSeconds,
        what: 'tasks for later are confirmed',
      })
      await node.kill()
      await node.start()
      over()
      await system.untilDone(ids)
      return 'all'
    },
  },
  alarm('memory-alarm', ['set_vm_memory_high_watermark', '0'], ['set_vm_memory_high_watermark', '0.6']),
  alarm('disk-alarm', ['set_disk_free_limit', '100000GB'], ['set_disk_free_limit', '50MB']),
  {
    ...broker,
    kind: 'queue-deleted',
    claims: 'everything',
    async inject(system, random, over) {
      try {
        // what is in a queue goes with it: so it must be empty, as an operator would see to
        await system.settle()
        await system.admin.deleteQueue()
        await system.workload.expectRefusal(random.pick(system.producers))
        await system.admin.apply()
        for (const node of system.nodes) await node.flush()
      } finally {
        system.workload.go()
      }
      over()
      await system.untilDone(system.workload.add(20, 'trial', {}))
      return []
    },
  },
  {
    ...broker,
    kind: 'consumer-timeout',
    inject: (system, _, over) =>
      misbehave(system, over, { type: 'trial', misbehave: 'linger', count: 2, outcome: 'consumer-timeout' }),
  },
  {
    ...broker,
    kind: 'queue-full',
    async inject(system, random) {
      await system.admin.during({ maxLength: 1 }, () => pause(random.whole(1_000, 2_000)))
      return []
    },
  },
  {
    ...broker,
    kind: 'dead-letter-queue-full',
    slow: true,
    recovery: { seconds: 6 * 60, because: 'the broker tries again to move dead letters after three minutes' },
    async inject(system) {
      await system.admin.during({ deadLettersMaxLength: 1 }, async () => {
        const doomed = system.workload.add(20, 'trial', { misbehave: 'permanent' })
        const failed = () => system.seen.outcomes.get('permanent-failure') ?? 0
        const before = failed()
        await until(() => failed() >= before + doomed.length, {
          within: patienceSeconds,
          what: 'tasks have failed for good while their queue is full',
        })
      })
      return []
    },
  },
  {
    ...broker,
    kind: 'downstream-outage',
    claims: 'handlers',
    async inject(system, random) {
      const file = join(system.folder, 'downstream-is-down')
      writeFileSync(file, '')
      await pause(random.whole(1_000, 3_000))
      rmSync(file)
      return []
    },
  },
  {
    ...broker,
    kind: 'credentials-rotated',
    claims: 'everything',
    async inject(system) {
      // as an operator does: a new password for the user, then new processes that know it, one after the other.
      // What Lambda does, which reads the secret again, and the other users: test/integration/rotation.test.ts
      for (const [role, seats] of [
        ['worker', system.workers],
        ['producer', system.producers],
      ] as const) {
        await system.admin.rotate(role)
        for (const seat of seats) {
          if (role === 'worker') await seat.replace('SIGTERM')
          else await system.workload.without(seat, () => seat.replace('SIGKILL'))
        }
      }
      return []
    },
  },
]
