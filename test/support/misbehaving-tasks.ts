import type { AddedTask } from './test-tasks.ts'

/** Task types whose handlers do what handlers should not. */
export const misbehavingTasks: readonly AddedTask[] = [
  { type: 'fail', handler: `export default () => { throw new Error('no luck') }` },
  {
    type: 'permanent',
    handler: `import { PermanentTaskError } from '../contract/task-type.ts'
export default () => { throw new PermanentTaskError('never') }`,
  },
  {
    type: 'permanent-copy',
    handler: `class PermanentTaskError extends Error { name = 'PermanentTaskError' }
export default async () => { throw new PermanentTaskError('never') }`,
  },
  { type: 'fail-oddly', handler: `export default () => { throw Object.create(null) }` },
  { type: 'exit', handler: `export default () => process.exit(3)` },
  {
    type: 'kill-worker',
    // not at once: the lines of what was done before it would be lost
    handler: `export default () => new Promise(() => setTimeout(() => process.kill(process.pid, 'SIGKILL'), 100))`,
  },
  {
    type: 'fail-later',
    handler: `export default () => new Promise(() => setImmediate(() => { throw new Error('too late') }))`,
  },
  {
    type: 'leak',
    handler: `export default () => { for (let list; ; ) list = { list, text: 'x' + Math.random() } }`,
  },
  { type: 'block-forever', timeoutSeconds: 1, handler: `export default () => { for (;;); }` },
  {
    type: 'block',
    payload: 'z.object({ ms: z.number() })',
    handler: `export default ({ ms }) => { for (const end = Date.now() + ms; Date.now() < end; ); }`,
  },
  {
    type: 'heed',
    payload:
      'z.object({ ending: z.enum(["throw", "return", "permanent"]).default("throw") }).default({ ending: "throw" })',
    timeoutSeconds: 30,
    handler: `import { PermanentTaskError } from '../contract/task-type.ts'
export default async ({ ending }, { signal, log }) => {
  log.info('waiting')
  await new Promise((resolve) => signal.addEventListener('abort', resolve))
  log.info('stopping', { reason: signal.reason.message })
  if (ending === 'permanent') throw new PermanentTaskError('never')
  if (ending === 'throw') throw signal.reason
}`,
  },
  {
    type: 'heed-timeout',
    timeoutSeconds: 1,
    handler: `export default (_, { signal }) => new Promise((_, reject) => {
  signal.addEventListener('abort', () => reject(signal.reason))
})`,
  },
  {
    type: 'ignore-abort',
    timeoutSeconds: 60,
    handler: `export default (_, { log }) => { log.info('waiting'); return new Promise((done) => setTimeout(done, 60_000)) }`,
  },
]
