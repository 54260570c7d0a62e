import { faults } from './catalogue.ts'
import { recoveries } from './recovery.ts'
import { type Run, reasonsOf } from './report.ts'
import type { System } from './system.ts'

/** What a system's run came to, once its services have stopped. */
export function runOf(
  { seen, ledger, workload }: System,
  plan: Pick<Run, 'seed' | 'minutes' | 'failures' | 'statesWrong'>,
): Run {
  const growth = [...seen.memory].flatMap(([pid, { first, last }]) =>
    (seen.tasksOf.get(pid) ?? 0) >= 2_000 ? [last / first] : [],
  )
  return {
    ...plan,
    account: ledger.account(),
    leaks: seen.leaks,
    exits: seen.exits,
    recoveries: recoveries(seen.doneAt, ledger.episodes, workload.rate, reasonsOf(faults)),
    memoryGrowth: growth,
    retriesShare: seen.slotMs.retries / seen.slotMs.all,
  }
}
