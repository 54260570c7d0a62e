import type { Fault } from './fault.ts'

/** Handlers that do what they should not, on the first try; no task may be done twice, and none may die. */
export const handlerFaults: readonly Fault[] = (
  [
    ['handler-exits', 'trial', 'exit', 5],
    ['handler-throws-outside', 'trial', 'throw-outside', 5],
    ['handler-leaks', 'trial', 'leak', 2],
    ['handler-blocks', 'hasty-trial', 'block', 2],
  ] as const
).map(([kind, type, misbehave, count]) => ({
  kind,
  needs: 'node',
  claims: 'handlers',
  async inject(system) {
    await system.untilDone(system.workload.add(count, type, { misbehave, tries: 1 }))
    return []
  },
}))
