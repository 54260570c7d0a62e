import { infra, integration, type Sabotage, type Target } from './sabotage.ts'

const native: Target = { project: 'slow', file: 'test/integration/worker-native.slow.test.ts' }
const quarantine: Target = { project: 'slow', file: 'test/integration/worker-quarantine.slow.test.ts' }
const shared = integration('worker-shared')
const onChannel = [integration('shared-channel')]
const sharedChannel = 'services/worker/shared-channel.ts'

/** What tasks that share a thread or a process must not do to each other. */
export const threadSabotages: readonly Sabotage[] = [
  {
    name: 'neighbours-end-with-a-deaf-handler',
    file: 'services/worker/handler-thread.ts',
    find: 'if (stop.heard) this.#retire()',
    replace: 'if (stop.outlived) void this.end()',
    noticedBy: [shared],
  },
  {
    name: 'blocked-thread-only-retired',
    file: 'services/worker/handler-thread.ts',
    find: 'if (stop.heard) this.#retire()',
    replace: 'if (stop.outlived) this.#retire()',
    noticedBy: [shared],
  },
  {
    name: 'slots-share-a-thread-with-all',
    file: 'services/worker/threads.ts',
    find: 'Math.floor(slot / this.#slotsPerThread)',
    replace: '0 * slot',
    noticedBy: [shared],
  },
  {
    name: 'left-behind-ends-the-thread',
    file: 'services/worker/thread.ts',
    find: 'if (!left?.over) throw error',
    replace: 'throw error',
    noticedBy: [shared],
  },
  {
    name: 'blocks-not-told',
    file: 'services/worker/blocks.ts',
    find: 'if (late >= blockedMs)',
    replace: 'if (late >= 100 * blockedMs)',
    noticedBy: [shared],
  },
  {
    name: 'natively-blocked-for-ever',
    file: 'services/worker/worker.ts',
    find: '    this.handBack()\n    await timedOut',
    replace: '    await timedOut',
    noticedBy: [native],
  },
  {
    name: 'no-quarantine',
    file: 'services/worker/quarantine-host.ts',
    find: 'quarantineFrom = 3',
    replace: 'quarantineFrom = 300',
    noticedBy: [quarantine],
  },
  {
    name: 'all-in-quarantine-to-blame',
    file: 'services/worker/quarantine-host.ts',
    find: 'const hadCompany = company > 1',
    replace: 'const hadCompany = company > 1_000 && Number.isFinite(company)',
    noticedBy: [quarantine],
  },
  {
    name: 'channels-over-the-limit-of-consumers',
    file: 'services/contract/channels.ts',
    find: 'limits.consumersPerChannel - 2',
    replace: 'limits.consumersPerChannel * 8',
    noticedBy: [shared, infra('checks')],
  },
  {
    name: 'threads-share-a-channel',
    file: 'services/contract/channels.ts',
    find: 'Math.floor(slot / slotsPerThread) * channelsPerThread + inThread',
    replace: 'Math.floor(slot / slotsPerChannel) + 0 * channelsPerThread * inThread',
    noticedBy: [shared, infra('checks')],
  },
  {
    name: 'channel-of-each-slot-in-the-budget',
    file: 'infra/connection-budget.ts',
    find: 'consumingChannels(slots, slotsPerThreadOf(worker))',
    replace: 'consumingChannels(slots, 1)',
    noticedBy: [infra('checks')],
  },
  {
    name: 'shared-channel-without-prefetch',
    file: sharedChannel,
    find: 'await this.channel.prefetch(this.#prefetch)',
    replace: 'await this.channel.prefetch(0 * this.#prefetch)',
    noticedBy: onChannel,
  },
  {
    name: 'neighbours-handed-back-too',
    file: 'services/worker/consumer.ts',
    find: 'if (this.#options.channel.isShared)',
    replace: 'if (!last)',
    noticedBy: onChannel,
  },
  {
    name: 'leaves-a-shared-channel-under-its-answer',
    file: sharedChannel,
    find: 'isLeft ? this.channel.close() : this.#setPrefetch()',
    replace: 'isLeft ? this.channel.close() : undefined',
    noticedBy: onChannel,
  },
  {
    name: 'shared-channel-open-when-all-have-left',
    file: sharedChannel,
    find: 'isLeft ? this.channel.close() : this.#setPrefetch()',
    replace: 'this.#setPrefetch()',
    noticedBy: onChannel,
  },
  {
    name: 'lost-channel-told-to-one',
    file: sharedChannel,
    find: 'for (const place of this.places) place.onLost',
    replace: 'for (const place of [...this.places].slice(0, 1)) place.onLost',
    noticedBy: onChannel,
  },
  {
    name: 'cancelled-consumer-still-known-to-the-broker',
    file: 'services/worker/consumer.ts',
    find: 'await this.#forgetHere()',
    replace: 'await undefined',
    noticedBy: [...onChannel, shared],
  },
]
