import type { TaskType } from '../contract/task-type.ts'
import { digest } from './digest.ts'
import { sleep } from './sleep.ts'

/** Every task type that this system knows: one line each. */
export const taskTypes: readonly TaskType[] = [sleep, digest]
