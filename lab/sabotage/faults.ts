import { clusterFault, fault, integration, type Sabotage, type Target } from './sabotage.ts'

const run = 'services/worker/run.ts'
const worker = 'services/worker/worker.ts'
const slot = 'services/worker/slot.ts'
const consumer = 'services/worker/consumer.ts'
const outcome = 'services/worker/outcome.ts'
const thread = 'services/worker/handler-thread.ts'
const slow = (file: string, ...kinds: readonly string[]): Target => ({
  project: 'slow',
  file: `lab/faults/${file}.slow.test.ts`,
  ...(kinds.length > 0 ? { faults: kinds } : {}),
})

/** What a queue on one node does not stand, or has no leader for. */
const losses = [
  ...['leader-killed', 'leader-moved', 'leader-hung', 'leader-killed-before-due', 'leaders-disk-stalls'],
  ...['follower-killed', 'follower-hung', 'member-removed', 'majority-killed', 'all-nodes-killed'],
]
const partitions = [
  ...['node-partitioned', 'follower-partitioned', 'partition-in-part', 'partition-flaps', 'all-partitioned'],
]

/** What each fault of lab/faults would reveal. */
export const faultSabotages: readonly Sabotage[] = [
  {
    name: 'broker-forgets-tasks-when-it-sends-them',
    file: 'services/contract/environment.ts',
    find: "must be manual or auto').default('manual')",
    replace: "must be manual or auto').default('auto')",
    noticedBy: [
      fault('handler-aborts-its-process'),
      fault('handler-kills-its-process'),
      fault('worker-killed'),
    ],
  },
  {
    name: 'all-tasks-go-to-the-default-queue',
    file: 'services/contract/placement.ts',
    find: 'queue = by.defaultQueue } = by.types.get(type) ?? {}',
    replace: '} = by.types.get(type) ?? {}\n  const queue = by.defaultQueue',
    noticedBy: [fault('further-queues-worker-killed')],
  },
  {
    name: 'ids-of-callers-are-not-kept',
    file: 'services/producer/request.ts',
    find: 'prepare({ id, type, payload,',
    replace: 'prepare({ id: newId(index) || id, type, payload,',
    noticedBy: [fault('producer-killed'), fault('schedule-invoked-again')],
  },
  {
    name: 'connection-closed-under-the-last-ack',
    file: slot,
    find: '    await consumer.close()\n',
    replace: '',
    noticedBy: [slow('rolling-restarts')],
  },
  {
    name: 'first-signal-is-not-heard',
    file: run,
    find: '      else worker.drain(signal)\n',
    replace: '',
    noticedBy: [
      fault('worker-stopped-at-its-start'),
      fault('worker-stopped-while-it-reconnects'),
      fault('worker-stopped-on-a-dead-line'),
      fault('broker-killed-while-a-worker-drains'),
      fault('handler-leaves-a-child'),
      slow('night', 'worker-stopped-on-a-dead-line'),
    ],
  },
  {
    name: 'closed-log-ends-a-worker-at-once',
    file: run,
    find: "output.on('error', (error) =>",
    replace: "output.on('another', (error) =>",
    noticedBy: [fault('log-closed')],
  },
  {
    name: 'what-a-handler-left-ends-its-thread',
    file: 'services/worker/thread.ts',
    find: 'if (!left?.over) throw error',
    replace: 'if (left) throw error',
    noticedBy: [fault('handler-leaves-errors')],
  },
  {
    name: 'drain-does-not-wait-for-what-runs',
    file: slot,
    find: '    await this.#serving\n    await this.#working\n',
    replace: '',
    noticedBy: [fault('worker-stopped')],
  },
  {
    name: 'second-signal-ends-at-once',
    file: run,
    find: 'if (asked) worker.handBack()',
    replace: 'if (asked) process.exit(1)',
    noticedBy: [fault('worker-stopped-twice')],
  },
  {
    name: 'no-end-to-a-drain',
    file: worker,
    find: 'setTimeout(() => this.handBack(), drainSeconds * 1_000).unref()',
    replace: 'void drainSeconds',
    noticedBy: [fault('worker-stopped-past-its-deadline')],
  },
  {
    name: 'worker-without-heartbeat',
    file: worker,
    find: 'heartbeatSeconds: 10,',
    replace: 'heartbeatSeconds: 0,',
    noticedBy: [
      fault('all-workers-frozen'),
      fault('worker-frozen'),
      fault('network-silent'),
      fault('network-silent-one-way'),
    ],
  },
  {
    name: 'unknown-types-die-at-once',
    file: outcome,
    find: "'unknown-type': retry",
    replace: "'unknown-type': deadLetter",
    noticedBy: [fault('old-and-new-workers')],
  },
  {
    name: 'failures-die-at-once',
    file: outcome,
    find: 'failed: retry',
    replace: 'failed: deadLetter',
    noticedBy: [fault('downstream-outage')],
  },
  {
    name: 'dead-thread-not-noticed',
    file: thread,
    find: "worker.on('exit', (code) => {\n",
    replace: "worker.on('exit', (code) => {\n      if (code >= 0) return\n",
    noticedBy: [fault('handler-exits'), fault('handler-leaks')],
  },
  {
    name: 'uncaught-in-a-thread-ends-the-worker',
    file: thread,
    find: "worker.on('error', ",
    replace: "worker.on('nothing', ",
    noticedBy: [fault('handler-throws-outside')],
  },
  {
    name: 'blocked-thread-not-terminated',
    file: thread,
    find: 'setTimeout(() => this.#outlived(slot), timing.grace)',
    replace: 'setTimeout(() => undefined, timing.grace)',
    noticedBy: [fault('handler-blocks')],
  },
  {
    name: 'lost-connection-not-opened-again',
    file: worker,
    find: 'await Promise.race([over, stopped])',
    replace: 'await (lost ? stopped : over)',
    noticedBy: [
      ...[fault('connection-readers-killed'), fault('user-deleted'), fault('permissions-revoked')],
      fault('no-connection-allowed'),
      slow('long-stop', 'broker-stopped-for-long'),
      ...[fault('broker-restarted'), fault('broker-killed'), fault('network-cut')],
      ...[fault('connections-closed'), fault('network-flapping')],
      ...['rolling-restart', 'nodes-drained'].map(clusterFault),
    ],
  },
  {
    name: 'broken-connection-ends-the-worker',
    file: 'services/amqp/connection.ts',
    find: "    connection.on('error', () => undefined)\n",
    replace: '',
    noticedBy: [fault('network-reset-in-mid-frame')],
  },
  {
    name: 'failed-connection-ends-the-worker',
    file: worker,
    find: "        log.warn('no connection to the broker', { failures, reason: String(error) })",
    replace: '        throw error',
    noticedBy: [fault('descriptors-exhausted'), fault('network-reset-during-set-up')],
  },
  {
    name: 'blocked-counts-as-confirmed',
    file: 'services/amqp/confirmed-publish.ts',
    find: "if (connection.blocked) return everyTask(tasks, 'blocked')",
    replace: "if (connection.blocked) return everyTask(tasks, 'confirmed')",
    noticedBy: [
      ...['memory-alarm', 'disk-alarm'].map(fault),
      ...['memory-alarm-on-one-node', 'disk-alarm-on-one-node'].map(clusterFault),
    ],
  },
  {
    name: 'refused-counts-as-confirmed',
    file: 'services/amqp/confirmed-publish.ts',
    find: "batch.answer(task, 'queue full')",
    replace: "batch.answer(task, 'confirmed')",
    noticedBy: [fault('queue-full')],
  },
  {
    name: 'unroutable-counts-as-confirmed',
    file: 'services/amqp/confirmed-publish.ts',
    find: 'mandatory: true',
    replace: 'mandatory: false',
    noticedBy: [integration('producer-failures')],
  },
  {
    name: 'confirms-awaited-for-too-short',
    file: 'services/producer/publisher.ts',
    find: 'confirmMs = 5_000',
    replace: 'confirmMs = 100',
    noticedBy: [fault('network-slow'), clusterFault('disks-slow')],
  },
  {
    name: 'no-second-try-after-late-confirms',
    file: 'services/producer/publisher.ts',
    find: 'if (unanswered.length === 0) return outcomes',
    replace: 'if (unanswered.length >= 0) return outcomes',
    noticedBy: [fault('confirms-delayed'), integration('producer-failures')],
  },
  {
    name: 'cancelled-consumer-not-noticed',
    file: consumer,
    find: 'if (message === null) return consumer.#end(cancelledByBroker)',
    replace: 'if (message === null) return void cancelledByBroker',
    noticedBy: [fault('queue-deleted'), fault('consumer-timeout')],
  },
  {
    name: 'dead-letters-at-most-once',
    file: 'services/contract/topology.ts',
    find: "'dead-letter-strategy': 'at-least-once'",
    replace: "'dead-letter-strategy': 'at-most-once'",
    // not by the fault: publishing at most once, the broker asks no queue whether it is full
    noticedBy: [integration('probe')],
  },
  {
    name: 'full-dead-letter-queue-drops-the-oldest',
    file: 'services/contract/topology.ts',
    find: "'max-length': settings.deadLettersMaxLength,\n    overflow: 'reject-publish'",
    replace: "'max-length': settings.deadLettersMaxLength,\n    overflow: 'drop-head'",
    noticedBy: [slow('dead-letters', 'dead-letter-queue-full')],
  },
  {
    name: 'new-password-not-applied',
    file: 'services/topology/apply.ts',
    find: 'found?.password_hash !== undefined && matches(password, found.password_hash)',
    replace: 'found?.password_hash !== undefined',
    noticedBy: [fault('credentials-rotated')],
  },
  {
    name: 'producer-without-heartbeat',
    file: 'services/amqp/kept-connection.ts',
    find: 'heartbeatSeconds: 30,',
    replace: 'heartbeatSeconds: 0,',
    noticedBy: [fault('producer-frozen')],
  },
  {
    name: 'queue-on-one-node-only',
    file: 'services/contract/definitions.ts',
    find: "arguments: { 'x-queue-type': 'quorum' }",
    replace: "arguments: { 'x-queue-type': 'classic' }",
    noticedBy: [...losses, ...partitions].map(clusterFault),
  },
  {
    name: 'retries-at-once',
    file: 'services/contract/topology.ts',
    find: "    'delayed-retry-type': 'failed',\n",
    replace: '',
    noticedBy: [slow('outage', 'downstream-outage')],
  },
  {
    name: 'workers-come-back-late',
    file: 'services/worker/backoff.ts',
    find: 'Math.min(10_000, 100 * 2 ** failures)',
    replace: '60_000',
    noticedBy: [slow('memory')],
  },
  {
    name: 'worker-keeps-what-it-has-done',
    file: slot,
    find: '    events.began(place.slot, count, envelope.task.type)\n',
    replace: `    events.began(place.slot, count, envelope.task.type)
    Object.assign(globalThis, { [message.properties.messageId]: new Array(2_000).fill(startedAt) })\n`,
    noticedBy: [slow('memory')],
  },
]
