import type { AddedTask } from './test-tasks.ts'

const parent = `import { existsSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
export default async ({ children, bytes, failures, until }, { deliveryCount, send, signal, log }) => {
  log.info('sending')
  while (until && !existsSync(until)) await setTimeout(20, undefined, { signal })
  for (let n = 1; n <= children; n += 1) send('child', { n, text: 'x'.repeat(bytes) })
  if (deliveryCount < failures) throw new Error('after it has sent')
}`

/** The class as a package of the handler's may bring it. */
const ownCopy = `class RetryLaterError extends Error { name = 'RetryLaterError'; constructor(s) { super('busy'); this.seconds = s } }`

/** Task types whose handlers send tasks, go on in slices, and ask to be tried later. */
export const sendingTasks: readonly AddedTask[] = [
  {
    type: 'parent',
    payload: `z.object({
  children: z.int().default(2), bytes: z.int().default(0), failures: z.int().default(0), until: z.string().optional(),
})`,
    more: `sends: ['child']`,
    handler: parent,
  },
  {
    type: 'child',
    payload: 'z.object({ n: z.int(), text: z.string() })',
    handler: `export default () => {}`,
  },
  {
    type: 'abroad',
    more: `sends: ['elsewhere']`,
    handler: `export default (_, { send }) => {
  send('elsewhere', null)
  send('elsewhere', null, { delaySeconds: 1 })
}`,
  },
  {
    type: 'elsewhere',
    more: `queue: process.env['ELSEWHERE'] ?? 'elsewhere'`,
    handler: 'export default () => {}',
  },
  {
    type: 'undeclared',
    handler: `export default (_, { send }) => { send('child', { n: 1, text: '' }) }`,
  },
  {
    type: 'sliced',
    payload: 'z.object({ from: z.int(), to: z.int(), ms: z.int().default(0) })',
    more: `sends: ['child'], continues: true`,
    handler: `import { setTimeout } from 'node:timers/promises'
export default async ({ from, to, ms }, { send, continueWith }) => {
  send('child', { n: from, text: '' })
  if (from < to) continueWith({ from: from + 1, to, ms })
  await setTimeout(ms)
}`,
  },
  {
    type: 'busy',
    payload: 'z.object({ times: z.int() })',
    more: 'retryLater: { max: 2 }',
    handler: `import { RetryLaterError } from '../contract/task-type.ts'
let before = 0
export default ({ times }) => { if (before++ < times) throw new RetryLaterError(1, 'busy') }`,
  },
  {
    type: 'busy-copy',
    more: 'retryLater: { max: 1 }',
    handler: `${ownCopy}
export default () => { throw new RetryLaterError(0.4) }`,
  },
  {
    type: 'busy-undeclared',
    handler: `${ownCopy}
export default () => { throw new RetryLaterError(1) }`,
  },
]
