import { integration, type Sabotage, unit } from './sabotage.ts'

const redrive = 'services/operator/redrive.ts'
const letter = 'services/operator/letter.ts'
const noticedBy = [integration('operator')]

/** What a redrive promises: none lost, none moved that was not asked for, and a message that tells no lies. */
export const redriveSabotages: readonly Sabotage[] = [
  {
    name: 'letter-without-a-reason-of-its-own',
    file: 'services/operator/letter.ts',
    find: 'unreadable: decoded.ok ? null : decoded.reason',
    replace: 'unreadable: decoded.ok ? null : null',
    noticedBy: [unit('services/operator-letter')],
  },
  {
    name: 'redrive-without-being-asked-to',
    file: 'services/operator/request.ts',
    find: 'dryRun: z.boolean().default(true)',
    replace: 'dryRun: z.boolean().default(false)',
    noticedBy,
  },
  {
    name: 'redrive-acknowledges-before-it-publishes',
    file: redrive,
    find: `      stopped = await publish(channel, queue, message, letter)
      if (stopped) return { stop: true }
      channel.ack(message)
`,
    replace: `      channel.ack(message)
      stopped = await publish(channel, queue, message, letter)
      if (stopped) return { stop: true }
`,
    noticedBy,
  },
  {
    name: 'redrive-takes-no-for-yes',
    file: redrive,
    find: "resolve('queue full')",
    replace: 'resolve(undefined)',
    noticedBy,
  },
  {
    name: 'redrive-takes-unroutable-for-confirmed',
    file: redrive,
    find: "resolve('unroutable')",
    replace: 'resolve(undefined)',
    noticedBy,
  },
  {
    name: 'redrive-of-every-type',
    file: redrive,
    find: 'if (type !== undefined && letter.type !== type) return false',
    replace: 'void type',
    noticedBy,
  },
  {
    name: 'redrive-of-every-reason',
    file: redrive,
    find: 'if (reason !== undefined && letter.reason !== reason) return false',
    replace: 'void reason',
    noticedBy,
  },
  {
    name: 'redrive-of-every-age',
    file: redrive,
    find: 'if (olderThanSeconds !== undefined && (letter.ageSeconds ?? 0) < olderThanSeconds) return false',
    replace: 'void olderThanSeconds',
    noticedBy,
  },
  {
    name: 'redrive-of-more-than-asked',
    file: redrive,
    find: 'const stop = matched >= limit',
    replace: 'const stop = false',
    noticedBy,
  },
  {
    name: 'redrive-goes-round-in-circles',
    file: redrive,
    find: 'diedBefore = begun }',
    replace: 'diedBefore = begun + 1e9 }',
    noticedBy,
  },
  {
    name: 'a-limit-begins-anew-in-each-step',
    file: redrive,
    find: '{ limit: wanted }',
    replace: '{ limit }',
    noticedBy,
  },
  {
    name: 'died-again-in-the-second-of-the-first-step',
    file: redrive,
    find: ' || redrivenSince(message, diedBefore)',
    replace: '',
    noticedBy,
  },
  {
    name: 'redriven-message-claims-old-failures',
    file: 'services/amqp/republish.ts',
    find: '!brokersOwn.test(name)',
    replace: "brokersOwn !== undefined && name !== ''",
    noticedBy,
  },
  {
    name: 'redriven-message-without-history',
    file: letter,
    find: '[...before, entry].slice(-historyEntries)',
    replace: 'before.slice(-historyEntries)',
    noticedBy,
  },
  {
    name: 'redriven-message-without-its-id',
    file: 'services/amqp/republish.ts',
    find: '{ userId, ...own }: MessageProperties',
    replace: '{ userId, messageId, ...own }: MessageProperties',
    noticedBy,
  },
  {
    name: 'redrive-of-every-id',
    file: redrive,
    find: 'if (wanted !== undefined && !wanted.has(letter.id)) return false',
    replace: 'void wanted',
    noticedBy,
  },
  {
    name: 'letters-given-back-in-any-order',
    file: 'services/operator/scan.ts',
    find: 'for (const message of held) channel.nack(message, true)',
    replace: 'channel.nackAll(true)',
    noticedBy,
  },
  {
    name: 'letters-looked-at-are-gone',
    file: 'services/operator/scan.ts',
    find: 'if (!seen.acked) last = message',
    replace: 'if (!seen.acked) channel.ack(message)',
    noticedBy,
  },
  {
    name: 'batch-without-its-limit',
    file: 'services/operator/scan.ts',
    find: 'Math.min(batchSize, total - count)',
    replace: 'batchSize',
    noticedBy,
  },
  {
    name: 'dead-letters-that-ids-split',
    file: 'ops/redrive/groups.ts',
    find: ".replaceAll(ids, '#')",
    replace: ".replaceAll(ids, '$&')",
    noticedBy: [unit('ops/redrive')],
  },
  {
    name: 'redrive-of-every-error',
    file: 'ops/redrive/select.ts',
    find: 'letters.filter((letter) => hasText(letter, error))',
    replace: 'letters.filter(() => error.length > 0)',
    noticedBy: [unit('ops/redrive')],
  },
  {
    name: 'errors-searched-for-whatever-they-cost',
    file: 'ops/tasks/consent.ts',
    find: 'const unaskedBytes = 2 ** 30',
    replace: 'const unaskedBytes = 2 ** 50',
    noticedBy: [unit('ops/redrive'), unit('ops/task')],
  },
]
