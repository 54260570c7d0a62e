import type { TaskStory } from '../../local/page/desk-words.ts'
import type { Target } from '../target/target.ts'

export async function story(_target: Target, id: string): Promise<TaskStory> {
  throw new Error(`nothing is known of ${id}`)
}
