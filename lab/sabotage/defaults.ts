import { infra, integration, type Sabotage, unit } from './sabotage.ts'

const timing = [infra('timing')]
const channels = [unit('services/publish-channels')]

/** Defaults, times that hold only together, and what goes wrong the second time. */
export const defaultSabotages: readonly Sabotage[] = [
  {
    name: 'services-in-another-vhost',
    file: 'services/contract/environment.ts',
    find: "BROKER_VHOST: filled.default('/')",
    replace: "BROKER_VHOST: filled.default('other')",
    noticedBy: [infra('wiring')],
  },
  {
    name: 'deploy-without-a-name-means-production',
    file: 'infra/app.ts',
    find: "?? 'sandbox'",
    replace: "?? 'production'",
    noticedBy: [infra('quiet')],
  },
  {
    name: 'two-tries-outlast-the-gateway',
    file: 'services/producer/publisher.ts',
    find: 'confirmMs = 5_000',
    replace: 'confirmMs = 20_000',
    noticedBy: timing,
  },
  {
    name: 'dead-lines-are-noticed-after-minutes',
    file: 'services/worker/worker.ts',
    find: 'heartbeatSeconds: 10,',
    replace: 'heartbeatSeconds: 60,',
    noticedBy: timing,
  },
  {
    name: 'protection-comes-after-the-drain',
    file: 'services/worker/protection.ts',
    find: 'longMs: 30_000',
    replace: 'longMs: 300_000',
    noticedBy: timing,
  },
  {
    name: 'unanswered-channels-are-used-again',
    file: 'services/amqp/confirmed-publish.ts',
    find: 'if (batch.allAnswered) connection.giveBack(channel)',
    replace: 'if (batch) connection.giveBack(channel)',
    noticedBy: channels,
  },
  {
    name: 'unanswered-channels-stay-open',
    file: 'services/amqp/confirmed-publish.ts',
    find: 'else channel.close().catch(() => undefined)',
    replace: '',
    noticedBy: channels,
  },
  {
    name: 'two-batches-on-one-channel',
    file: 'services/amqp/kept-connection.ts',
    find: 'of this.#idle) {\n      this.#idle.delete(channel)\n',
    replace: 'of this.#idle) {\n',
    noticedBy: channels,
  },
  {
    name: 'refused-tasks-without-their-order',
    file: 'services/producer/submission.ts',
    find: '{ ids, accepted, failed }',
    replace: '{ accepted, failed }',
    noticedBy: [integration('producer-failures')],
  },
]
