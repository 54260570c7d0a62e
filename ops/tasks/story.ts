import { taskIdPattern } from '../../services/contract/task.ts'
import type { Target } from '../target/target.ts'
import type { Times } from '../target/task-records.ts'
import type { TaskStory } from './task-story.ts'
import { tell } from './tell.ts'
import { day, timesOf } from './times.ts'

export interface StoryOptions extends Partial<Times> {
  readonly signal: AbortSignal
}

/**
 * The story of a task, from the logs of all queues of an environment.
 * @param options without times, of the last 24 hours
 * @throws Error, one sentence, when the logs cannot be read
 */
export async function storyOf(
  target: Pick<Target, 'taskRecords'>,
  id: string,
  { signal, ...times }: StoryOptions,
): Promise<TaskStory> {
  if (!taskIdPattern.test(id)) throw new Error(`${JSON.stringify(id)} is no task id`)
  const { found, more, reading } = await target.taskRecords.naming(id, timesOf(times, day), signal)
  const story = tell(id, found)
  const url = story.traceId && target.taskRecords.traceUrl(story.traceId)
  return { ...story, ...(url ? { traceUrl: url } : {}), more, reading }
}
