import type { CancelRequest, CancelResult, PauseResult } from '../../services/operator/request.ts'

/** What steers the workers of a queue, as the operator function does it; locally by the same code. */
export interface QueueControl {
  /** Pauses the queue, or resumes it. */
  setPaused(paused: boolean): Promise<PauseResult>
  /** Cancels tasks by their ids, or with `undo` has them done again. */
  cancel(request: Pick<CancelRequest, 'ids' | 'undo'>): Promise<CancelResult>
}
