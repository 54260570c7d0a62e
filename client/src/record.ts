import { type Answer, isPassing } from './answer.ts'
import type { FailedTask, SendProgress } from './errors.ts'
import type { EncodedNewTask } from './portions.ts'

/** What is known of each task of one call. */
export class SendRecord {
  /** By position, as the producer gives them: with `unique` a task may get the id of an earlier one. */
  readonly #ids: string[]
  readonly #accepted = new Set<number>()
  readonly #reasons = new Map<number, string>()
  /** What stood in a request whose answer does not say of each task what became of it. */
  readonly #uncertain = new Set<number>()

  constructor(ids: readonly string[]) {
    this.#ids = [...ids]
  }

  /**
   * Notes what came of a request with these tasks. Takes for accepted only what a 202, or the list in a 503, says.
   * @returns the others
   */
  note(request: readonly EncodedNewTask[], answer: Answer): readonly EncodedNewTask[] {
    const { ids, accepted, failed } = listsOf(answer.body)
    if (ids.length === request.length)
      for (const [index, { position }] of request.entries()) this.#ids[position] = String(ids[index])
    const told = new Set(accepted)
    const reasons = new Map(failed.map(({ id, reason }) => [id, reason]))
    const rest = request.filter(({ position }) => answer.status !== 202 && !told.has(this.#ids[position]))
    const open = new Set(rest.map(({ position }) => position))
    for (const { position } of request)
      if (open.has(position)) this.#fail(position, answer, reasons.get(this.#ids[position] ?? ''))
      else this.#accepted.add(position)
    return rest
  }

  #fail(position: number, answer: Answer, reason: string | undefined): void {
    this.#reasons.set(position, reason ?? answer.reason)
    const silent = reason === undefined && isPassing(answer) && answer.status !== 429
    if (silent || (reason !== undefined && leavesOpen.has(reason))) this.#uncertain.add(position)
  }

  progress(): SendProgress {
    const tasks = this.#ids.map((id, position) => ({ id, position }))
    const failed = tasks.filter(({ position }) => !this.#accepted.has(position))
    return {
      ids: this.#ids,
      accepted: tasks.flatMap(({ id, position }) => (this.#accepted.has(position) ? [id] : [])),
      failed: failed.map(
        ({ id, position }): FailedTask => ({
          id,
          reason: this.#reasons.get(position) ?? 'not sent',
          mayBeAccepted: this.#uncertain.has(position),
        }),
      ),
    }
  }
}

/** The producer's reasons that leave open whether the broker has the task. */
const leavesOpen: ReadonlySet<string> = new Set(['no confirm in time', 'connection lost'])

interface Lists {
  readonly ids: readonly unknown[]
  readonly accepted: readonly unknown[]
  readonly failed: readonly { readonly id: string; readonly reason: string }[]
}

/** The lists of a 202 and a 503, as far as they are there. */
function listsOf(body: unknown): Lists {
  const lists = (body ?? {}) as Readonly<Partial<Record<keyof Lists, unknown>>>
  const list = (value: unknown) => (Array.isArray(value) ? value : [])
  return { ids: list(lists.ids), accepted: list(lists.accepted), failed: list(lists.failed) }
}
