import type { AddedTask } from './test-tasks.ts'

/** Task types whose handlers do to their thread, or to their process, what others in it feel. */
export const sharedThreadTasks: readonly AddedTask[] = [
  {
    type: 'note-thread',
    handler: `import { threadId } from 'node:worker_threads'
export default (_, { log }) => log.info('ran', { thread: threadId, process: process.pid })`,
  },
  {
    type: 'fail-thrice',
    handler: `import { pid } from 'node:process'
export default (_, { deliveryCount, log }) => {
  log.info('ran', { process: pid })
  if (deliveryCount < 3) throw new Error('not yet')
}`,
  },
  {
    type: 'wait',
    payload: 'z.object({ ms: z.number() })',
    handler: `import { setTimeout } from 'node:timers/promises'
export default async ({ ms }, { signal }) => { await setTimeout(ms, undefined, { signal }) }`,
  },
  {
    type: 'deaf',
    timeoutSeconds: 1,
    handler: `export default () => new Promise((done) => setTimeout(done, 60_000))`,
  },
  {
    type: 'block-late',
    timeoutSeconds: 1,
    // a turn later, so that its neighbours have begun
    handler: `export default () => new Promise(() => setTimeout(() => { for (;;); }, 200))`,
  },
  {
    type: 'exit-late',
    handler: `export default () => new Promise(() => setTimeout(() => process.exit(3), 200))`,
  },
  {
    type: 'poison',
    handler: `export default () => new Promise(() => setTimeout(() => process.kill(process.pid, 'SIGKILL'), 200))`,
  },
  {
    type: 'block-natively',
    timeoutSeconds: 1,
    handler: `import { execSync } from 'node:child_process'
export default () => { execSync('sleep 120') }`,
  },
  {
    type: 'post-oddly',
    handler: `import { parentPort } from 'node:worker_threads'
import { setTimeout } from 'node:timers/promises'
export default async () => {
  for (const odd of [null, 7, 'text', { outcome: 'done' }, [{ outcome: 'done', slot: 0 }]]) parentPort.postMessage(odd)
  await setTimeout(100)
  throw new Error('not done')
}`,
  },
  {
    type: 'leave-behind',
    handler: `export default () => {
  setTimeout(() => { throw new Error('thrown late') }, 100)
  setTimeout(() => { Promise.reject(new Error('rejected late')) }, 100)
}`,
  },
]
