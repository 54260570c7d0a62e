import { setTimeout as delay } from 'node:timers/promises'
import { ManagementError } from '../amqp/management.ts'

/** How long to wait for a broker that is coming up. */
export interface Patience {
  /** Seconds until it counts as down. */
  readonly waitSeconds: number
  /** Told each time the broker did not answer, or not yet as it should. */
  readonly progress?: (line: string) => void
}

const pauseSeconds = 2

/**
 * Does `work` again until the broker is there: while its name is unknown, connections are refused or time out, or it
 * answers 5xx. What it refuses (4xx) is thrown at once.
 * @throws the last error, in words, when the time is up.
 */
export async function whenBrokerAnswers<Result>(
  url: string,
  { waitSeconds, progress }: Patience,
  work: () => Promise<Result>,
): Promise<Result> {
  const deadline = Date.now() + waitSeconds * 1_000
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const why = notYet(error)
      if (why === undefined) throw error
      if (Date.now() + pauseSeconds * 1_000 > deadline)
        throw new Error(`no broker at ${url} within ${waitSeconds} s: ${why}`, { cause: error })
      progress?.(`waiting for the broker at ${url}: ${why}`)
      await delay(pauseSeconds * 1_000)
    }
  }
}

/** Why it may be another matter a little later; undefined for what waiting does not mend. */
function notYet(error: unknown): string | undefined {
  if (error instanceof ManagementError) return error.status >= 500 ? error.message : undefined
  if (!(error instanceof Error)) return undefined
  if (error.name === 'TimeoutError') return 'no answer in time'
  const { cause } = error
  if (!(cause instanceof Error && 'code' in cause)) return undefined
  const code = String(cause.code)
  return /^(E[A-Z_]+|UND_ERR_[A-Z_]+)$/.test(code) && !/^ERR_|CERT/.test(code) ? code : undefined
}
