import type { PauseResult } from '../../services/operator/request.ts'
import { findTarget } from '../target/find.ts'
import type { Target } from '../target/target.ts'

/**
 * Pauses the queue of an environment or resumes it, and says what came of it.
 * @throws Error when it is not as asked in the end
 */
export async function changePause(environment: string, paused: boolean, json: boolean): Promise<0> {
  const target = await findTarget(environment, process.env)
  const result = await target.control.setPaused(paused)
  if (json) console.log(JSON.stringify({ environment: target.name, ...result }))
  else console.log(sentence(target, result))
  if (result.paused !== paused) throw new Error('somebody else has asked for the opposite just now')
  if (paused && result.consumers > 0) {
    throw new Error(
      `${result.consumers} slots still take tasks: their workers do not know of pausing yet, or have not heard of it; run the command again, or deploy`,
    )
  }
  return 0
}

function sentence({ name, queue }: Target, { paused, before }: PauseResult): string {
  const already = before === paused ? ' already' : ''
  return paused
    ? `${queue} is paused${already}: what runs is finished, and nothing new is taken until npm run resume -- ${name}`
    : `${queue} is not paused${already}: its slots take tasks`
}
