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
  let changedAt = performance.now()
  for (;;) {
    const before = done.size + givenUp.size
    for (const line of await follower.read()) {
      // what a handler has sent is not ours, though its id begins as ours do; what goes on is not yet done
      if (line.parent !== undefined || line.goesOn) continue
      if (line.outcome === 'done' && !done.has(line.id)) done.set(line.id, line.class)
      if (isLastTry(line)) givenUp.add(line.id)
    }
    const split = count(done, givenUp.size, classes)
    onProgress(split)
    if (done.size + givenUp.size > before) changedAt = performance.now()
    const stalled = performance.now() - changedAt > stallSeconds * 1_000
    if (done.size + givenUp.size >= tasks || stalled || signal.aborted) return split
    await wait(pollMs, signal)
  }
}

function count(done: ReadonlyMap<string, string>, givenUp: number, classes: readonly string[]): Split {
  const names = [...classes, ...[...new Set(done.values())].toSorted()]
  const byClass = new Map(names.map((name) => [name, 0]))
  for (const name of done.values()) byClass.set(name, (byClass.get(name) ?? 0) + 1)
  return { byClass, done: done.size, givenUp }
}

/** `small 10, large 40`; classes not known beforehand come in the order of their names. */
export function describeSplit({ byClass }: Split): string {
  return [...byClass].map(([name, tasks]) => `${name} ${tasks}`).join(', ')
}
