import { expect, inject, it } from 'vitest'
import { createQueue } from '../support/queue.ts'
import { startWorker } from '../support/worker-process.ts'
import { workerWith } from '../support/worker-with.ts'

const handler = `export default (payload, { log }) => log.info('got', { payload })`
const bundles = workerWith([{ type: 'echo', handler }])

// it crosses to the handler's thread as a string of bytes
it('a body reaches its handler as it was sent, whatever is in it', async () => {
  await using queue = await createQueue(inject('broker'))
  await using worker = startWorker(bundles(), queue.environment('worker'))
  const payload = { latin: 'Grüße', greek: 'δίκαιο', emoji: '🐇', control: '\u0000\u001f\u0080ÿ' }
  await queue.publish({ type: 'echo', payload })
  expect((await worker.line('got'))['payload']).toEqual(payload)
})

it('a body that would be JSON, but is not UTF-8, is unreadable', async () => {
  await using queue = await createQueue(inject('broker'))
  await using worker = startWorker(bundles(), queue.environment('worker'))
  await queue.publishRaw(Buffer.from('"Gr\xfc\xdfe"', 'latin1'), { type: 'echo', messageId: 'latin' })
  const [line] = await worker.ended(1)
  expect(line).toMatchObject({ id: 'latin', outcome: 'unreadable' })
  expect(line?.reason).toContain('body is not JSON in UTF-8')
})
