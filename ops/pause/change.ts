import type { PauseResult } from '../../services/operator/request.ts'
import { findTarget } from '../target/find.ts'

/**
 * Pauses the queue of an environment or resumes it, and says what came of it.
 * @returns the exit status: 1 where slots still take tasks
 */
export async function changePause(environment: string, paused: boolean, json: boolean): Promise<0 | 1> {
  const target = await findTarget(environment, process.env)
  const result = await target.control.setPaused(paused)
  if (json) console.log(JSON.stringify({ environment: target.name, ...result }))
  else console.log(sentence(target.queue, paused, result))
  if (!paused || result.consumers === 0) return 0
  throw new Error(
    `${result.consumers} slots still take tasks: their workers are older than pausing, or have not heard of it yet; run the command again, or deploy`,
  )
}

function sentence(queue: string, asked: boolean, { paused, before }: PauseResult): string {
  if (paused !== asked)
    return `${queue} is ${paused ? 'paused' : 'not paused'}: somebody else has just asked for that`
  const already = before === paused ? ' already' : ''
  return paused
    ? `${queue} is paused${already}: what runs is finished, and nothing new is taken until npm run resume`
    : `${queue} is not paused${already}: its slots take tasks`
}
