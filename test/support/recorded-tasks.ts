import type { AddedTask } from './test-tasks.ts'

/** Task types whose handlers return results, say how far they are, and send tasks that count for another one. */
export const recordedTasks: readonly AddedTask[] = [
  {
    type: 'answer',
    payload: `z.object({
  result: z.unknown().optional(), said: z.array(z.tuple([z.number(), z.string()])).default([]), failures: z.int().default(0),
  permanent: z.boolean().default(false), ms: z.int().default(0), until: z.string().optional(),
})`,
    more: 'retryLater: { max: 5 }, continues: true',
    handler: `import { existsSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { PermanentTaskError, RetryLaterError } from '../contract/task-type.ts'
export default async (payload, { deliveryCount, progress, signal, continueWith, log }) => {
  const { result, said, failures, permanent, ms, until } = payload
  for (const [value, note] of said) progress(value, note)
  log.info('answering')
  if (ms > 0) await setTimeout(ms, undefined, { signal })
  while (until && !existsSync(until)) await setTimeout(20, undefined, { signal })
  if (deliveryCount < failures) throw new (permanent ? PermanentTaskError : Error)('not yet')
  if (result === 'later') throw new RetryLaterError(1, 'busy')
  if (result === 'go on') return continueWith({ ...payload, result: 'went on' })
  return result
}`,
  },
  {
    type: 'unsayable',
    payload: 'z.object({ what: z.string() })',
    handler: `const circle = {}
circle.self = circle
const returns = { bigint: 5n, function: () => 1, circle, large: 'x'.repeat(102_400) }
export default ({ what }, { progress }) => {
  if (what === 'progress') progress(1.5)
  return returns[what]
}`,
  },
  {
    type: 'fan',
    payload: `z.object({ parts: z.array(z.unknown()), of: z.string().default('all') })`,
    more: `sends: ['part', 'sum']`,
    handler: `export default ({ parts, of }, { sendAll }) => ({
  ids: sendAll(parts.map((payload) => ({ type: 'part', payload })), { type: 'sum', payload: { of } }),
})`,
  },
  {
    type: 'part',
    payload: 'z.object({ failures: z.int().default(0), ms: z.int().default(0) })',
    handler: `import { setTimeout } from 'node:timers/promises'
import { PermanentTaskError } from '../contract/task-type.ts'
export default async ({ failures, ms }, { deliveryCount, signal }) => {
  if (ms > 0) await setTimeout(ms, undefined, { signal })
  if (deliveryCount < failures) throw new PermanentTaskError('no part')
  return 'part'
}`,
  },
  { type: 'sum', payload: 'z.object({ of: z.string() })', handler: 'export default ({ of }) => ({ of })' },
]
