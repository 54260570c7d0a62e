import type { TaskLogLine } from '../../services/contract/log.ts'
import type { JsonLine } from './child.ts'

/** A try of a task, by the container that made it. */
export type Try = TaskLogLine & { readonly container: string }

/** What the workers did, by the lines that they wrote. */
export interface Ledger {
  readonly tries: readonly Try[]
  add(container: string, line: JsonLine): void
  done(ids: Iterable<string>): number
  /** How many of these tasks each class did (did first, where there are two). */
  split(ids: Iterable<string>): Record<string, number>
}

export function createLedger(): Ledger {
  const tries: Try[] = []
  const doneBy = new Map<string, string>()
  return {
    tries,
    add(container, line) {
      if (line['msg'] !== 'task') return
      const made = { ...(line as unknown as TaskLogLine), container }
      tries.push(made)
      if (made.outcome === 'done' && !doneBy.has(made.id)) doneBy.set(made.id, made.class)
    },
    done: (ids) => [...ids].filter((id) => doneBy.has(id)).length,
    split(ids) {
      const names = [...ids].flatMap((id) => doneBy.get(id) ?? [])
      const counts = Map.groupBy(names, (name) => name)
      return Object.fromEntries([...counts].map(([name, { length }]) => [name, length]))
    },
  }
}
