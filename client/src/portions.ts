import { limits } from '../../services/contract/limits.ts'

/** A task as JSON, and where it stands in its call. */
export interface EncodedNewTask {
  readonly position: number
  readonly json: string
}

const [opening, closing] = ['{"tasks":[', ']}']
const utf8 = new TextEncoder()

/** The body of a request with these tasks. */
export const bodyOf = (tasks: readonly EncodedNewTask[]) =>
  `${opening}${tasks.map(({ json }) => json).join(',')}${closing}`

/**
 * Splits tasks into requests that the producer takes: up to 1,000 of them and 4 MiB. A task that is too large by itself
 * goes alone, and is refused by what answers. Encodes as it goes, so that few are in memory twice.
 * @throws TypeError when a payload has no JSON, such as one that refers to itself
 */
export function* splitTasks(tasks: readonly object[]): Generator<EncodedNewTask[]> {
  let portion: EncodedNewTask[] = []
  let bytes = opening.length + closing.length
  for (const [position, task] of tasks.entries()) {
    const json = JSON.stringify(task)
    // with the comma
    const more = utf8.encode(json).length + 1
    const full = portion.length === limits.tasksPerRequest || bytes + more > limits.bodyBytes
    if (full && portion.length > 0) {
      yield portion
      portion = []
      bytes = opening.length + closing.length
    }
    portion.push({ position, json })
    bytes += more
  }
  if (portion.length > 0) yield portion
}
