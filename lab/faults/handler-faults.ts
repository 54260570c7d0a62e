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
).map(([kind, type, how, count, outcome]) => ({
  kind,
  needs: 'node',
  claims: 'handlers',
  inject: (system, _, over) => misbehave(system, over, { type, misbehave: how, count, outcome }),
}))

/** Tasks that misbehave on their first try, and how that is to end. */
interface Misbehaviour {
  readonly type: 'trial' | 'hasty-trial'
  readonly misbehave: string
  readonly count: number
  readonly outcome: Outcome
}

/** Sends such tasks, and more where another fault, or a neighbour in a shared thread, ended all of them first. */
export async function misbehave(
  system: System,
  over: () => void,
  { type, misbehave, count, outcome }: Misbehaviour,
): Promise<readonly string[]> {
  const from = Date.now()
  const send = () => system.workload.add(count, type, { misbehave, tries: 1 })
  let ids = send()
  while (!(await system.seen.noticed(ids, outcome, from))) ids = send()
  over()
  await system.untilDone(ids)
  return []
}
