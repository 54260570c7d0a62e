import type { RequestError } from './problem.ts'

/**
 * What is wrong with the wish for such a key, if anything.
 * @param ledgerDays how long the ledger keeps records; undefined where there is none
 */
export function uniqueProblem(
  {
    unique,
    uniqueSeconds,
  }: { readonly unique?: string | undefined; readonly uniqueSeconds?: number | undefined },
  ledgerDays: number | undefined,
): Pick<RequestError, 'path' | 'message'> | undefined {
  if (unique === undefined) {
    if (uniqueSeconds === undefined) return undefined
    return { path: '/uniqueSeconds', message: 'goes with unique, which is missing' }
  }
  if (ledgerDays === undefined) {
    const message = 'needs a ledger: set workQueue.ledger in infra/environments.ts, such as { days: 7 }'
    return { path: '/unique', message }
  }
  const most = 86_400 * ledgerDays
  if (uniqueSeconds === undefined || (uniqueSeconds >= 1 && uniqueSeconds <= most)) return undefined
  return { path: '/uniqueSeconds', message: `must be a whole number of seconds from 1 to ${most}` }
}
