import type { Outcome } from '../../services/contract/log.ts'
import { until } from '../../test/support/until.ts'
import type { Fault } from './fault.ts'
import { patienceSeconds } from './patience.ts'
import type { System } from './system.ts'
import { busyWorker, expectExit } from './worker-faults.ts'

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

/** Handlers that end their worker's process, and what is left of others. */
export const processHandlerFaults: readonly Fault[] = [
  ...(['abort', 'kill'] as const).map(
    (how): Fault => ({
      ...{ kind: `handler-${how}s-its-process`, needs: 'node', claims: 'handlers', slow: true },
      async inject(system, _, over) {
        const from = Date.now()
        const { id, seat } = await busyWorker(system, how)
        const ended = () => system.seen.exits.some(({ seat: name, at }) => name === seat.name && at >= from)
        await until(ended, { within: patienceSeconds, what: `${seat.name} ends with its handler` })
        over()
        await system.untilDone([id])
        return [seat.name]
      },
    }),
  ),
  {
    ...{ kind: 'handler-leaves-errors', needs: 'node', claims: 'handlers', slow: true },
    async inject(system, _, over) {
      const { seen, workload } = system
      const before = seen.errorsLeft
      const ids = workload.add(20, 'trial', { misbehave: 'leave-errors', tries: 1 })
      await system.untilDone(ids)
      over()
      // another fault may end some of the workers first; a thread that died of its first error would say nothing
      await until(() => seen.errorsLeft > before, {
        within: patienceSeconds,
        what: 'a thread lives on with what a handler left behind',
      })
      return []
    },
  },
  {
    ...{ kind: 'handler-leaves-a-child', needs: 'node', claims: 'workers', slow: true },
    async inject(system, _, over) {
      const { id, seat } = await busyWorker(system, 'leave-child')
      await system.untilDone([id])
      const exit = seat.replace('SIGTERM')
      over()
      expectExit(await exit, 0, 'although a child of a handler lives on')
      return []
    },
  },
]

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
