import type { PauseResult } from '../../services/operator/request.ts'

/** What steers the workers of a queue, as the operator function does it; locally by the same code. */
export interface QueueControl {
  /** Pauses the queue, or resumes it. */
  setPaused(paused: boolean): Promise<PauseResult>
}
