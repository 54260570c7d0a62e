import type { Fault } from './fault.ts'

/** Handlers that do what they should not, on the first try; no task may be done twice, and none may die. */
export const handlerFaults: readonly Fault[] = (
  [
    ['handler-exits', 'trial', 'exit', 5, 'thread-died'],
    ['handler-throws-outside', 'trial', 'throw-outside', 5, 'thread-died'],
    ['handler-leaks', 'trial', 'leak', 2, 'thread-died'],
    ['handler-blocks', 'hasty-trial', 'block', 2, 'timed-out'],
  ] as const
).map(([kind, type, misbehave, count, outcome]) => ({
  kind,
  needs: 'node',
  claims: 'handlers',
  async inject(system, _, over) {
    const from = Date.now()
    const ids = system.workload.add(count, type, { misbehave, tries: 1 })
    await system.seen.untilNoticed(ids, outcome, from)
    over()
    await system.untilDone(ids)
    return []
  },
}))
