import { infra, integration, type Sabotage, type Target, unit } from './sabotage.ts'

const runner = 'services/worker/runner.ts'
const link = 'services/worker/ledger-link.ts'
const [away, records, joins] = [
  integration('worker-ledger-away'),
  integration('worker-ledger'),
  integration('worker-joins'),
]
const faults = (...kinds: readonly string[]): Target => ({
  project: 'slow',
  file: 'lab/faults/ledger.slow.test.ts',
  faults: kinds,
})

/** What workers and operators write into the ledger, and when. */
export const trySabotages: readonly Sabotage[] = [
  {
    name: 'broker-told-before-the-ledger-has-the-end',
    file: runner,
    find: 'return recording\n  }',
    replace: 'return ended\n  }',
    noticedBy: [away, faults('ledger-away', 'ledger-slow')],
  },
  {
    name: 'ledger-asked-once',
    file: link,
    find: 'if (answered) return answered',
    replace: 'if (answered || failures === 0) return answered ?? ({} as never)',
    noticedBy: [away, faults('ledger-throttled', 'ledger-silent')],
  },
  {
    name: 'late-try-over-what-is-done',
    file: 'services/ledger/tries.ts',
    find: "'#state = :dead AND #endedAt < :since'",
    // milliseconds, and seconds
    replace: "'#state = :dead AND #endedAt < :since', '#endedAt > :now'",
    noticedBy: [records],
  },
  {
    name: 'children-published-before-they-are-recorded',
    file: runner,
    find: 'const unrecorded = await this.#record?.sends(tasks, sent.join?.children, signal)\n    if (unrecorded) return unrecorded\n',
    replace: 'void this.#record?.sends(tasks, sent.join?.children, signal)\n',
    noticedBy: [away],
  },
  {
    name: 'join-over-with-its-first-task',
    file: 'services/ledger/joins.ts',
    find: "if (join['open'] !== undefined) return 'open'",
    replace: '',
    noticedBy: [joins],
  },
  {
    name: 'join-sent-by-whoever-asks',
    file: 'services/ledger/joins.ts',
    find: "return join['sentAt'] === undefined ? 'due' : 'over'",
    replace: "return 'due'",
    noticedBy: [joins],
  },
  {
    name: 'task-of-a-join-done-without-a-ledger',
    file: runner,
    find: 'if (!records && joinOf(message)) return withoutLedger',
    replace: 'void records',
    noticedBy: [joins],
  },
  {
    name: 'results-of-any-size',
    file: 'services/worker/result.ts',
    find: 'if (bytes > ledgerLimits.resultBytes)',
    replace: 'if (bytes < 0)',
    noticedBy: [unit('services/worker-result'), records],
  },
  {
    name: 'progress-with-each-word',
    file: 'services/worker/progress.ts',
    find: 'if (waitMs <= 0) this.#flush()',
    replace: 'if (waitMs <= 1e9) this.#flush()',
    noticedBy: [unit('services/worker-progress')],
  },
  {
    name: 'last-word-of-progress-lost',
    file: 'services/worker/progress.ts',
    find: 'this.#isOver = true\n    this.#flush()',
    replace: 'this.#isOver = true',
    noticedBy: [unit('services/worker-progress'), records],
  },
  {
    name: 'last-failure-not-known-as-such',
    file: 'services/worker/ledger-records.ts',
    find: 'return this.#deliveryCount >= ',
    replace: 'return this.#deliveryCount > ',
    noticedBy: [records],
  },
  {
    name: 'operator-may-read-results',
    file: 'infra/constructs/ledger.ts',
    find: "operator: ['BatchWriteItem'],",
    replace: "operator: ['BatchWriteItem', 'Query'],",
    noticedBy: [infra('ledger')],
  },
  {
    name: 'cancelled-and-not-in-the-ledger',
    file: 'services/operator/operate.ts',
    find: 'this.#ledger?.cancel(request.ids)',
    replace: 'undefined',
    noticedBy: [integration('operator-ledger')],
  },
]
