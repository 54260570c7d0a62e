import { setTimeout as pause } from 'node:timers/promises'
import type { BrokerNode } from '../../local/broker/broker.ts'
import type { Fault } from './fault.ts'
import { accepting } from './producer-faults.ts'

const cluster = { needs: 'cluster', claims: 'broker', slow: true } as const

/** Has the process that writes to the disk for all quorum queues stand still again and again, for so many milliseconds. */
const stalling = (ms: number) =>
  `Wal = whereis(ra_log_wal), true = is_pid(Wal), Stall = fun Again() -> erlang:suspend_process(Wal),
  timer:sleep(${ms}), erlang:resume_process(Wal), timer:sleep(20), Again() end`

/** Has these nodes write to their disks only now and then while `work` runs. */
async function withSlowDisks(
  nodes: readonly BrokerNode[],
  stalledMs: number,
  work: () => Promise<unknown>,
): Promise<void> {
  const onAll = (what: string) => Promise.all(nodes.map((node) => node.ctl('eval', `${what}.`)))
  try {
    await onAll(`${stalling(stalledMs)}, register(slow_disk, spawn(Stall))`)
    await work()
  } finally {
    // what it has suspended goes on when it ends
    await onAll('exit(whereis(slow_disk), kill)')
  }
}

/** What happens to the disks and the memory of a cluster's nodes. */
export const diskFaults: readonly Fault[] = [
  {
    ...cluster,
    kind: 'disks-slow',
    async inject({ nodes, producers, workload }, random) {
      const seat = random.pick(producers)
      // slow is no reason to refuse
      await withSlowDisks(nodes, random.whole(200, 400), () =>
        workload.without(seat, () => accepting(workload, seat)),
      )
      return 'all'
    },
  },
  {
    ...cluster,
    kind: 'leaders-disk-stalls',
    async inject({ admin }, random) {
      await withSlowDisks([await admin.leader()], 60_000, () => pause(random.whole(2_000, 6_000)))
      return 'all'
    },
  },
  ...(
    [
      [
        'memory-alarm-on-one-node',
        ['set_vm_memory_high_watermark', '0'],
        ['set_vm_memory_high_watermark', '0.6'],
      ],
      ['disk-alarm-on-one-node', ['set_disk_free_limit', '100000GB'], ['set_disk_free_limit', '50MB']],
    ] as const
  ).map(
    ([kind, raise, lower]): Fault => ({
      ...cluster,
      kind,
      async inject(system, random) {
        // one is enough to block who publishes, on all of them
        const node = random.pick(system.nodes)
        try {
          await node.ctl(...raise)
          await pause(random.whole(1_000, 3_000))
        } finally {
          await node.ctl(...lower)
        }
        return system.producers.map(({ name }) => name)
      },
    }),
  ),
]
