import * as z from 'zod'
import { taskType } from '../contract/task-type.ts'

/** A fixed amount of CPU work, so that how long it takes measures the CPU. One round is about a microsecond on a whole vCPU. */
export const digest = taskType({
  type: 'digest',
  payload: z.object({ rounds: z.int().min(1).max(100_000_000).default(1_000_000) }),
  timeoutSeconds: 300,
  handler: './digest.handler.ts',
})
