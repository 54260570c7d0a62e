import type { OperatorRequest, RedriveResult } from '../../services/operator/request.ts'
import type { DeadLetters } from '../target/dead-letters.ts'

type RedriveInput = Extract<OperatorRequest, { action: 'redrive' }>

/** What was moved until now, and what is left in the dead-letter queue. */
export interface Moved {
  readonly moved: number
  readonly left: number
  readonly stopped?: RedriveResult['stopped']
}

/** A step is short, so that a stop takes effect soon, unless it has to pass too many that do not match. */
const stepSeconds = 5
const maxStepSeconds = 320

/**
 * Moves dead letters step by step. A stop ends it after the step that is under way; run again, it goes on where it was.
 * @throws Error when a step fails; what was moved by then stays moved, and was told to `onStep`
 */
export async function move(
  deadLetters: Pick<DeadLetters, 'redrive'>,
  request: Omit<RedriveInput, 'action' | 'dryRun' | 'seconds'>,
  signal: AbortSignal,
  onStep: (moved: Moved) => void,
): Promise<Moved> {
  let next: RedriveInput | undefined = { action: 'redrive', ...request, dryRun: false, seconds: stepSeconds }
  let total: Moved = { moved: 0, left: 0 }
  while (next !== undefined && !signal.aborted) {
    const step = await deadLetters.redrive(next)
    total = {
      moved: total.moved + step.moved,
      left: step.left,
      ...(step.stopped ? { stopped: step.stopped } : {}),
    }
    onStep(total)
    if (step.stopped) return total
    next = step.next && { ...step.next, seconds: step.moved > 0 ? stepSeconds : (step.next.seconds ?? 0) * 2 }
    if ((next?.seconds ?? 0) > maxStepSeconds) {
      throw new Error(
        `${step.scanned} dead letters that do not match come before the others: move or remove some of them first`,
      )
    }
  }
  return total
}
