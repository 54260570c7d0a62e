import { infra, integration, type Sabotage, unit } from './sabotage.ts'

const runner = 'services/worker/runner.ts'
const outbox = 'services/worker/outbox.ts'
const runs = unit('services/worker-runner')
const calls = unit('services/worker-outbox')
const sends = integration('worker-sends')
const faults = integration('worker-sends-faults')

/** What handlers send: when it is published, what it is called, and what the task's end waits for. */
export const sendSabotages: readonly Sabotage[] = [
  {
    name: 'sends-of-a-handler-that-throws',
    file: 'services/worker/attempt.ts',
    find: '    sends.close()\n    const reply = replyTo(error)',
    replace:
      "    const sent = sends.close()\n    const reply: Reply = sent ? { outcome: 'done', sent } : replyTo(error)",
    noticedBy: [sends],
  },
  {
    name: 'sends-not-waited-for',
    file: runner,
    find: 'reason = await this.#options.sender.publish(tasks, signal)',
    replace: 'void this.#options.sender.publish(tasks, signal)',
    noticedBy: [runs, faults],
  },
  {
    name: 'slice-that-goes-on-whatever-became-of-its-tasks',
    file: runner,
    find: 'tasks.length === 0 || reason !== undefined ||',
    replace: 'tasks.length === 0 ||',
    noticedBy: [runs, integration('worker-queues')],
  },
  {
    name: 'sends-refused-count-as-done',
    file: runner,
    find: "return reason === undefined ? ending : { outcome: 'failed', reason }",
    replace: "return reason === '' ? { outcome: 'failed', reason } : ending",
    noticedBy: [runs, faults, sends],
  },
  {
    name: 'sends-of-a-try-that-is-over',
    file: runner,
    find: '    if (this.#stopped) return this.#stopped\n    this.#publishing = new',
    replace: '    this.#publishing = new',
    noticedBy: [runs],
  },
  {
    name: 'sends-go-on-after-the-drain',
    file: runner,
    find: 'this.#publishing?.abort()',
    replace: 'void this.#publishing',
    noticedBy: [runs, faults],
  },
  {
    name: 'sends-of-slices-under-the-same-ids',
    file: outbox,
    find: 'this.#request.sentBefore + this.#tasks.length + 1',
    replace: 'this.#tasks.length + 1',
    noticedBy: [calls, sends],
  },
  {
    name: 'sends-payloads-unchecked',
    file: outbox,
    find: 'schema, JSON.parse(json))',
    replace: 'z.unknown().refine(() => schema), JSON.parse(json))',
    noticedBy: [calls],
  },
  {
    name: 'sends-what-is-not-listed',
    file: outbox,
    find: 'if (!listed.some(',
    replace: "if (type === '' && !listed.some(",
    noticedBy: [calls, sends],
  },
  {
    name: 'sends-with-a-password-that-is-no-more',
    file: 'services/worker/sender.ts',
    find: 'if (error instanceof AccessRefusedError) this.#options.refused(error)',
    replace: 'void AccessRefusedError',
    noticedBy: [faults],
  },
  {
    name: 'sends-in-one-portion',
    file: 'services/amqp/batch.ts',
    find: 'portionBytes = 8 * 1024 * 1024',
    replace: 'portionBytes = 1024 * 1024 * 1024',
    noticedBy: [faults],
  },
  {
    name: 'sends-without-a-right',
    file: 'services/contract/topology.ts',
    find: 'write: publishable(...workerPublishesTo)',
    replace: "write: publishable(...workerPublishesTo).replace(/.*/, '')",
    noticedBy: [integration('topology-permissions'), sends],
  },
  {
    name: 'sends-to-other-queues-without-a-right',
    file: 'services/contract/publishing.ts',
    find: '[...sent, ...back]',
    replace: 'back',
    noticedBy: [unit('services/publishing')],
  },
  {
    name: 'sends-into-the-queue-that-the-sender-was-in',
    file: 'services/worker/outgoing.ts',
    find: 'return { id, ...route, content, properties }',
    replace:
      'return { id, ...route, ...routeTo(placing.defaultQueue, sent.delaySeconds), content, properties }',
    noticedBy: [sends, integration('worker-queues')],
  },
  {
    name: 'sends-all-to-the-default-queue',
    file: 'services/contract/placement.ts',
    find: 'route: routeTo(queue, delaySeconds)',
    replace: 'route: routeTo(by.defaultQueue, delaySeconds)',
    noticedBy: [integration('worker-queues'), integration('producer-queues'), sends],
  },
  {
    name: 'sends-over-connections-that-nobody-counted',
    file: 'infra/connection-budget.ts',
    find: 'workersPublish ? 2 : 1',
    replace: 'workersPublish ? 1 : 1',
    noticedBy: [infra('checks')],
  },
  {
    name: 'sends-a-type-that-there-is-not',
    file: 'infra/checks.ts',
    find: '.filter((sent) => !known.has(sent))',
    replace: ".filter((sent) => sent === '')",
    noticedBy: [infra('code-checks')],
  },
  {
    name: 'later-for-ever',
    file: runner,
    find: 'if (times >= retryLater.max)',
    replace: 'if (times >= 1_000 * retryLater.max)',
    noticedBy: [runs, integration('worker-later')],
  },
  {
    name: 'later-at-once',
    file: runner,
    find: 'putOffTask(held, seconds, Date.now())',
    replace: 'putOffTask(held, 1 + 0 * seconds, Date.now())',
    noticedBy: [runs],
  },
  {
    name: 'later-by-its-own-class-only',
    file: 'services/worker/thrown.ts',
    find: "name === 'RetryLaterError' ?",
    replace: "name === 'RetryLaterError' && String(error).includes('to be done in') ?",
    noticedBy: [integration('worker-later')],
  },
  {
    name: 'later-no-more-after-a-redrive',
    file: 'services/operator/letter.ts',
    find: '    [laterHeader]: undefined,\n',
    replace: '    ...(laterHeader ? {} : {}),\n',
    noticedBy: [unit('services/operator-letter')],
  },
]
