import type { Outcome } from '../../services/contract/log.ts'
import type { Fault } from './fault.ts'
import type { System } from './system.ts'

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
  async inject(system) {
    const from = Date.now()
    const ids = system.workload.add(count, type, { misbehave, tries: 1 })
    await system.untilDone(ids)
    if (!noticed(system, ids, outcome, from))
      throw new Error(`none of ${count} tasks ended as ${outcome}: the worker did not notice by itself`)
    return []
  },
}))

/** A worker that was killed meanwhile wrote nothing of it, and a connection that was lost came first. */
function noticed({ seen }: System, ids: readonly string[], expected: Outcome, from: number): boolean {
  if (seen.exits.some(({ how, at }) => how === 'SIGKILL' && at >= from)) return true
  const outcomes = ids.flatMap((id) => seen.failuresOf.get(id) ?? [])
  return outcomes.some((outcome) => outcome === expected || outcome === 'connection-lost')
}
