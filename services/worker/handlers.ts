import type { Reply, RunRequest } from './protocol.ts'

/** How long a handler may go on after its signal fired, in milliseconds. */
export const graceMs = 5_000

/** Where handlers run: a thread of this process, or the quarantine. */
export interface Handlers {
  /**
   * Runs one task. Never rejects. Must not be called before the slot's last reply.
   * @param began is called when the handler begins, and again should it have to begin anew.
   */
  run(request: RunRequest, began: () => void): Promise<Reply>
  /**
   * Ends the slot's running task: its signal fires, and after the grace its thread ends. `run` resolves when nothing of
   * it runs any more.
   */
  stop(slot: number, why: StopReason): void
}

export interface StopReason {
  readonly reason: string
  /** The time limit struck, for which a neighbour that blocks the thread may be to blame. */
  readonly timeLimit: boolean
}
