import { faults, integration, type Sabotage } from './sabotage.ts'

const worker = 'services/worker/worker.ts'
const slot = 'services/worker/slot.ts'
const consumer = 'services/worker/consumer.ts'
const outcome = 'services/worker/outcome.ts'
const thread = 'services/worker/thread-host.ts'

/** What each fault of test/faults would reveal. */
export const faultSabotages: readonly Sabotage[] = [
  {
    name: 'broker-forgets-tasks-when-it-sends-them',
    file: 'services/contract/environment.ts',
    find: "must be manual or auto').default('manual')",
    replace: "must be manual or auto').default('auto')",
    noticedBy: [faults('worker-killed')],
  },
  {
    name: 'connection-closed-under-the-last-ack',
    file: slot,
    find: '    await consumer.close()\n',
    replace: '',
    noticedBy: [{ project: 'slow', file: 'test/faults/rolling-restarts.slow.test.ts' }],
  },
  {
    name: 'drain-does-not-wait-for-what-runs',
    file: slot,
    find: '    await this.#serving\n    await this.#working\n',
    replace: '',
    noticedBy: [faults('worker-stopped')],
  },
  {
    name: 'second-signal-ends-at-once',
    file: 'services/worker/main.ts',
    find: 'if (asked) worker.handBack()',
    replace: 'if (asked) process.exit(1)',
    noticedBy: [faults('worker-stopped-twice')],
  },
  {
    name: 'no-end-to-a-drain',
    file: worker,
    find: 'setTimeout(() => this.handBack(), drainSeconds * 1_000).unref()',
    replace: 'void drainSeconds',
    noticedBy: [faults('worker-stopped-past-its-deadline')],
  },
  {
    name: 'worker-without-heartbeat',
    file: 'services/worker/connection.ts',
    find: 'heartbeat: 10,',
    replace: 'heartbeat: 0,',
    noticedBy: [faults('worker-frozen'), faults('network-silent-one-way')],
  },
  {
    name: 'unknown-types-die-at-once',
    file: outcome,
    find: "'unknown-type': retry",
    replace: "'unknown-type': deadLetter",
    noticedBy: [faults('old-and-new-workers')],
  },
  {
    name: 'failures-die-at-once',
    file: outcome,
    find: 'failed: retry',
    replace: 'failed: deadLetter',
    noticedBy: [faults('downstream-outage')],
  },
  {
    name: 'dead-thread-not-noticed',
    file: thread,
    find: "worker.on('exit', (code) => {\n",
    replace: "worker.on('exit', (code) => {\n      if (code >= 0) return\n",
    noticedBy: [faults('handler-exits'), faults('handler-leaks')],
  },
  {
    name: 'uncaught-in-a-thread-ends-the-worker',
    file: thread,
    find: "worker.on('error', ",
    replace: "worker.on('nothing', ",
    noticedBy: [faults('handler-throws-outside')],
  },
  {
    name: 'blocked-thread-not-terminated',
    file: thread,
    find: 'setTimeout(() => void this.#terminate(), graceMs)',
    replace: 'setTimeout(() => undefined, graceMs)',
    noticedBy: [faults('handler-blocks')],
  },
  {
    name: 'lost-connection-not-opened-again',
    file: worker,
    find: 'await Promise.race([over, stopped])',
    replace: 'await (lost ? stopped : over)',
    noticedBy: [faults('broker-restarted'), faults('broker-killed'), faults('network-cut')],
  },
  {
    name: 'broken-connection-ends-the-worker',
    file: 'services/worker/connection.ts',
    find: "    connection.on('error', () => undefined)\n",
    replace: '',
    noticedBy: [faults('network-reset-in-mid-frame')],
  },
  {
    name: 'failed-connection-ends-the-worker',
    file: worker,
    find: "        log.warn('no connection to the broker', { failures, reason: String(error) })",
    replace: '        throw error',
    noticedBy: [faults('network-reset-during-set-up')],
  },
  {
    name: 'blocked-counts-as-confirmed',
    file: 'services/producer/publisher.ts',
    find: "if (connection.blocked) return everyTask(tasks, 'blocked')",
    replace: "if (connection.blocked) return everyTask(tasks, 'confirmed')",
    noticedBy: [faults('memory-alarm'), faults('disk-alarm')],
  },
  {
    name: 'refused-counts-as-confirmed',
    file: 'services/producer/confirmed-publish.ts',
    find: "error === null ? accepted : 'queue full'",
    replace: 'accepted',
    noticedBy: [faults('queue-full')],
  },
  {
    name: 'unroutable-counts-as-confirmed',
    file: 'services/producer/confirmed-publish.ts',
    find: 'mandatory: true',
    replace: 'mandatory: false',
    noticedBy: [integration('producer-failures')],
  },
  {
    name: 'confirms-awaited-for-too-short',
    file: 'services/producer/publisher.ts',
    find: 'confirmMs = 5_000',
    replace: 'confirmMs = 100',
    noticedBy: [faults('network-slow')],
  },
  {
    name: 'no-second-try-after-late-confirms',
    file: 'services/producer/publisher.ts',
    find: 'if (unanswered.length === 0) return outcomes',
    replace: 'if (unanswered.length >= 0) return outcomes',
    noticedBy: [integration('producer-failures')],
  },
  {
    name: 'cancelled-consumer-not-noticed',
    file: consumer,
    find: "      consumer.#end({ outcome: 'consumer-timeout', reason })",
    replace: '      void reason',
    noticedBy: [faults('queue-deleted'), faults('consumer-timeout')],
  },
  {
    name: 'dead-letters-at-most-once',
    file: 'services/contract/topology.ts',
    find: "'dead-letter-strategy': 'at-least-once'",
    replace: "'dead-letter-strategy': 'at-most-once'",
    noticedBy: [{ project: 'slow', file: 'test/faults/patience.slow.test.ts' }],
  },
  {
    name: 'new-password-not-applied',
    file: 'services/topology/apply.ts',
    find: 'found?.password_hash !== undefined && matches(password, found.password_hash)',
    replace: 'found?.password_hash !== undefined',
    noticedBy: [faults('credentials-rotated')],
  },
]
