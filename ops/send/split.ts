import { isLastTry } from '../../services/contract/dead-letter.ts'
import type { TaskFollower } from '../target/target.ts'
import { wait } from '../wait.ts'

/** Who did what, as far as the task log tells. */
export interface Split {
  /** Tasks done, by worker class. A task that was done twice counts for who did it first. */
  readonly byClass: Map<string, number>
  done: number
  /** Given up at once by a worker, or failed once more than the delivery limit allows: each is a dead letter. */
  readonly givenUp: number
  /** An operator has cancelled them meanwhile. */
  readonly cancelled: number
}

/**
 * Reads the task log until all tasks have ended, a stop, or until none has ended for a while.
 * @param classes those that are named even when they did nothing
 */
export async function awaitSplit(
  follower: TaskFollower,
  {
    tasks,
    classes,
    pollMs,
    stallSeconds,
  }: {
    readonly tasks: number
    readonly classes: readonly string[]
    readonly pollMs: number
    readonly stallSeconds: number
  },
  signal: AbortSignal,
  onProgress: (split: Split) => void,
): Promise<Split> {
  const done = new Map<string, string>()
  const givenUp = new Set<string>()
  const cancelled = new Set<string>()
  const ended = () => done.size + givenUp.size + cancelled.size
  let changedAt = performance.now()
  for (;;) {
    const before = ended()
    for (const line of await follower.read()) {
      // what a handler has sent is not ours, though its id begins as ours do; what goes on is not yet done
      if (line.parent !== undefined || line.goesOn) continue
      if (line.outcome === 'done' && !done.has(line.id)) done.set(line.id, line.class)
      if (isLastTry(line)) givenUp.add(line.id)
      if (line.outcome === 'cancelled') cancelled.add(line.id)
    }
    const split = { ...count(done, classes), givenUp: givenUp.size, cancelled: cancelled.size }
    onProgress(split)
    if (ended() > before) changedAt = performance.now()
    const stalled = performance.now() - changedAt > stallSeconds * 1_000
    if (ended() >= tasks || stalled || signal.aborted) return split
    await wait(pollMs, signal)
  }
}

function count(
  done: ReadonlyMap<string, string>,
  classes: readonly string[],
): Pick<Split, 'byClass' | 'done'> {
  const names = [...classes, ...[...new Set(done.values())].toSorted()]
  const byClass = new Map(names.map((name) => [name, 0]))
  for (const name of done.values()) byClass.set(name, (byClass.get(name) ?? 0) + 1)
  return { byClass, done: done.size }
}

/** `small 10, large 40`; classes not known beforehand come in the order of their names. */
export function describeSplit({ byClass }: Split): string {
  return [...byClass].map(([name, tasks]) => `${name} ${tasks}`).join(', ')
}
