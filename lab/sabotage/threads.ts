import { integration, type Sabotage, type Target } from './sabotage.ts'

const native: Target = { project: 'slow', file: 'test/integration/worker-native.slow.test.ts' }
const quarantine: Target = { project: 'slow', file: 'test/integration/worker-quarantine.slow.test.ts' }
const shared = integration('worker-shared')

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
]
