import { isPassing } from './answer.ts'
import type { Connection } from './connection.ts'
import { Deadline } from './deadline.ts'
import { NoAnswerError } from './errors.ts'

export interface ReadSettings {
  readonly endpoint: string
  readonly deadlineSeconds: number
  readonly signal?: AbortSignal | undefined
  /** How long the producer may hold the request beyond what an answer takes. */
  readonly holdSeconds?: number
}

/** The JSON of a 200, asked for until there is one. @throws NoAnswerError, and the signal's reason */
export async function askUntilAnswered<Body>(
  connection: Connection,
  path: string,
  { endpoint, deadlineSeconds, signal, holdSeconds = 0 }: ReadSettings,
): Promise<Body> {
  const deadline = new Deadline(deadlineSeconds)
  for (;;) {
    signal?.throwIfAborted()
    const timeoutMs = deadline.tryMs + holdSeconds * 1_000
    const answer = await connection({ method: 'GET', path, timeoutMs, signal })
    if (answer.status === 200 && answer.body !== undefined) return answer.body as Body
    if (isPassing(answer) && (await deadline.pause(answer.retryAfter, signal))) continue
    signal?.throwIfAborted()
    throw new NoAnswerError(`GET ${endpoint}${path}: ${answer.reason}`, answer)
  }
}
