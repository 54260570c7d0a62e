import type { Target } from '../target/target.ts'
import type { TaskStory } from './task-story.ts'

/** The story with what the dead-letter queues of its environment have of the task, where they have it. */
export async function withDeadLetter(
  targets: readonly Pick<Target, 'deadLetters'>[],
  story: TaskStory,
  signal: AbortSignal,
): Promise<TaskStory> {
  signal.throwIfAborted()
  const found = await Promise.all(
    targets.map(({ deadLetters }) => deadLetters.list({ action: 'list', ids: [story.id], limit: 1 })),
  )
  return { ...story, deadLetter: found.flatMap(({ letters }) => letters)[0] ?? null }
}
