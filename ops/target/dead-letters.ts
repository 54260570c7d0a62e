import type { TaskLogLine } from '../../services/contract/log.ts'
import type { Letter } from '../../services/operator/letter.ts'
import type { LettersResult, OperatorRequest, RedriveResult } from '../../services/operator/request.ts'

type ListInput = Extract<OperatorRequest, { action: 'list' }>
type LettersInput = Extract<OperatorRequest, { action: 'letters' }>
type RedriveInput = Extract<OperatorRequest, { action: 'redrive' }>

/** Dead letters, as the operator function looks at them and moves them; locally by the same code. */
export interface DeadLetters {
  list(request: ListInput): Promise<{ readonly letters: readonly Letter[]; readonly deadLetters: number }>
  /** All in short. @throws Error where the operator function is too old to be asked so */
  letters(request: LettersInput): Promise<LettersResult>
  redrive(request: RedriveInput): Promise<RedriveResult>
  /** Why the last try of each failed, by task id, as far as the task log tells. */
  lastErrors(letters: readonly Letter[]): Promise<ReadonlyMap<string, string>>
}

/** Why the last try of each failed, by task id, from lines in any order. */
export function reasons(letters: readonly Letter[], lines: readonly TaskLogLine[]): Map<string, string> {
  const wanted = new Set(letters.map(({ id }) => id))
  const last = new Map<string, TaskLogLine>()
  for (const line of lines) {
    const { id, outcome, time } = line
    if (outcome !== 'done' && wanted.has(id) && time >= (last.get(id)?.time ?? '')) last.set(id, line)
  }
  return new Map([...last].map(([id, { reason, outcome }]) => [id, reason ?? outcome]))
}
