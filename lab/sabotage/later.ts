import { fault, infra, integration, type Sabotage, unit } from './sabotage.ts'

const ladder = 'services/contract/ladder.ts'

/** The rules of docs/later.md. */
export const laterSabotages: readonly Sabotage[] = [
  {
    name: 'level-that-ends-nowhere',
    file: ladder,
    find: "'x-dead-letter-routing-key': queue }",
    replace: "'x-dead-letter-routing-key': 'due' }",
    noticedBy: [unit('services/ladder'), integration('later'), fault('broker-killed-before-due')],
  },
  {
    name: 'level-that-keeps-nothing-without-a-way-on',
    file: ladder,
    find: "'x-dead-letter-strategy': 'at-least-once'",
    replace: "'x-dead-letter-strategy': 'at-most-once'",
    noticedBy: [unit('services/ladder'), integration('later-transitions')],
  },
  {
    name: 'ladder-of-like-named-queues-counted-too',
    file: ladder,
    find: 'levelsPattern = (queue: string) => `^${literally',
    replace: 'levelsPattern = (queue: string) => `${literally',
    noticedBy: [unit('services/ladder')],
  },
  {
    name: 'digit-read-from-the-wrong-end',
    file: ladder,
    find: "'.*'.repeat(level)",
    replace: "'.*'.repeat(levels - 1 - level)",
    noticedBy: [unit('services/ladder')],
  },
  {
    name: 'ladder-closed-to-the-producer',
    file: ladder,
    find: '(\\\\.later\\\\.\\\\d\\\\d)?$`',
    replace: '$`',
    noticedBy: [unit('services/ladder'), integration('topology-permissions'), integration('later')],
  },
  {
    name: 'wished-delay-counts-as-wait',
    file: 'services/contract/placement.ts',
    find: 'queuedAt: dueAt(now, delaySeconds)',
    replace: 'queuedAt: dueAt(now)',
    noticedBy: [integration('later')],
  },
  {
    name: 'delay-of-any-length',
    file: 'services/contract/task-options.ts',
    find: '.max(limits.delaySeconds, delayRange)',
    replace: '',
    noticedBy: [integration('later')],
  },
  {
    name: 'queues-of-the-ladder-not-counted',
    file: 'infra/connection-budget.ts',
    find: 'amount: each * count',
    replace: 'amount: count',
    noticedBy: [infra('checks')],
  },
  {
    name: 'tasks-for-later-not-counted',
    file: 'services/probe/figures.ts',
    find: '(sum, { messages }) => sum + messages, 0)',
    replace: '(sum) => sum, 0)',
    noticedBy: [integration('probe')],
  },
]
