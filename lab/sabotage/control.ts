import { clusterFault, fault, infra, integration, type Sabotage, unit } from './sabotage.ts'

const control = 'services/worker/control.ts'
const noticedBy = [integration('pause')]
const cancelling = integration('cancel')

/** What a pause promises: nothing new is taken, by nobody, and nobody is paged; and what a cancel does. */
export const controlSabotages: readonly Sabotage[] = [
  {
    name: 'newcomers-that-do-not-look-whether-it-is-paused',
    file: control,
    find: 'if (!heard) this.#setPaused(paused)',
    replace: 'if (!heard) this.#setPaused(paused && false)',
    noticedBy: [...noticedBy, clusterFault('paused-while-the-leader-dies')],
  },
  {
    name: 'workers-deaf-to-the-operator',
    file: control,
    find: 'if (paused !== undefined) this.#setPaused(paused)',
    replace: 'if (paused !== undefined) void 0',
    noticedBy: [...noticedBy, fault('queue-paused')],
  },
  {
    name: 'begun-although-it-is-paused',
    file: 'services/worker/slot.ts',
    find: 'return this.#mayBegin && (noAck || intake.isOpen)',
    replace: 'return this.#mayBegin && (noAck || !intake.isOpen || intake.isOpen)',
    noticedBy,
  },
  {
    name: 'operator-who-does-not-look-again',
    file: 'services/operator/pause.ts',
    find: 'while (said !== (await isPaused()))',
    replace: 'while (said === undefined)',
    noticedBy,
  },
  {
    name: 'pause-that-a-gap-of-protection-ends',
    file: 'services/worker/intake.ts',
    find: 'if (open) this.#closedBy.delete(by)',
    replace: 'if (open) this.#closedBy.clear()',
    noticedBy: [unit('services/worker-intake')],
  },
  {
    name: 'scaling-by-the-consumers-of-a-paused-queue',
    file: 'services/probe/metrics.ts',
    find: 'pausedSeconds > 0 || justResumed',
    replace: 'justResumed',
    noticedBy: [unit('services/probe-metrics')],
  },
  {
    name: 'scaling-by-consumers-that-are-not-back-yet',
    file: 'services/probe/figures.ts',
    find: 'resumed !== undefined && resumed < resumingSeconds',
    replace: 'false',
    noticedBy,
  },
  {
    name: 'a-pause-that-wakes-somebody',
    file: 'infra/constructs/monitoring/queue-alarms.ts',
    find: 'FILL(paused, 0) < 1',
    replace: 'FILL(paused, 0) >= 0',
    noticedBy: [infra('monitoring')],
  },
  {
    name: 'newcomers-that-do-not-read-what-is-cancelled',
    file: control,
    find: "else log.warn('the list of cancelled ids is gone: nothing is cancelled')\n    cancelled.set(list)",
    replace: "else log.warn('the list of cancelled ids is gone: nothing is cancelled')\n    void list",
    noticedBy: [cancelling, clusterFault('cancelled-while-the-leader-dies')],
  },
  {
    name: 'workers-that-do-not-hear-what-is-cancelled',
    file: control,
    find: 'else if (list !== undefined) cancelled.set(list)',
    replace: 'else if (list !== undefined) void list',
    noticedBy: [cancelling, fault('tasks-cancelled')],
  },
  {
    name: 'cancelled-and-run-all-the-same',
    file: 'services/worker/slot.ts',
    find: 'const running = cancelled.has(this.#trying)',
    replace: "const running = cancelled.has('')",
    noticedBy: [cancelling],
  },
  {
    name: 'cancelled-and-not-ended',
    file: 'services/worker/slot.ts',
    find: 'if (this.#trying !== undefined && cancelled.has(this.#trying)) runner.stop(cancelledEnding)',
    replace: "if (this.#trying === undefined && cancelled.has('')) runner.stop(cancelledEnding)",
    noticedBy: [cancelling],
  },
  {
    name: 'cancelled-comes-back',
    file: 'services/worker/outcome.ts',
    find: 'cancelled: ack,',
    replace: 'cancelled: handBack,',
    noticedBy: [cancelling],
  },
  {
    name: 'cancelled-and-a-dead-letter',
    file: 'services/worker/runner.ts',
    find: "this.#stopped?.outcome === 'cancelled' && reply.outcome !== 'done'",
    replace: 'this.#stopped === null',
    noticedBy: [cancelling],
  },
  {
    name: 'old-list-acknowledged-before-the-new-one-is-there',
    file: 'services/operator/cancel.ts',
    find: `    await publish(channel, queue, next)
    if (message) channel.ack(message)
`,
    replace: `    if (message) channel.ack(message)
    await new Promise((resolve) => setTimeout(resolve, 50))
    await publish(channel, queue, next)
`,
    noticedBy: [cancelling],
  },
  {
    name: 'list-without-bound',
    file: 'services/operator/cancel.ts',
    find: 'all.slice(-maxCancelled)',
    replace: 'all.slice()',
    noticedBy: [cancelling],
  },
  {
    name: 'old-lists-that-stay',
    file: 'services/amqp/cancelled.ts',
    find: 'for (const { message } of older) channel.ack(message)',
    replace: 'for (const { message } of older) channel.nack(message)',
    noticedBy: [cancelling],
  },
  {
    name: 'first-list-over-what-is-cancelled',
    file: 'services/topology/first-list.ts',
    find: 'return found.length > 0',
    replace: 'return found.length > 9',
    noticedBy: [cancelling],
  },
  {
    name: 'cancels-in-the-default-queue-only',
    file: 'ops/cancel.ts',
    find: 'await findTargets(environment, process.env)',
    replace: '(await findTargets(environment, process.env)).slice(0, 1)',
    noticedBy: [unit('ops/queues')],
  },
]
