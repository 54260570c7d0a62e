import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { createQueue } from '../support/queue.ts'
import { copyServices } from '../support/test-tasks.ts'
import { startWorker } from '../support/worker-process.ts'

/** The files that docs/idempotency.md shows, by path. */
function shownFiles(): Map<string, string> {
  const text = readFileSync(new URL('../../docs/idempotency.md', import.meta.url), 'utf8')
  const blocks = text.matchAll(/^```ts\n\/\/ (services\/\S+)\n([\s\S]*?)^```$/gm)
  return new Map([...blocks].map(([, path = '', source = '']) => [path, source]))
}

/** Ends the worker at the moment at which a handler has returned, before anything of it can reach the broker. */
const killedBeforeAck = `--import=data:text/javascript,${encodeURIComponent(`
  import { MessagePort } from 'node:worker_threads'
  const { postMessage } = MessagePort.prototype
  MessagePort.prototype.postMessage = function (messages, ...rest) {
    if (Array.isArray(messages) && messages.some(({ outcome }) => outcome === 'done')) process.kill(process.pid, 'SIGKILL')
    return postMessage.call(this, messages, ...rest)
  }
`)}`

describe('the handler in docs/idempotency.md', () => {
  const services = copyServices()
  const folder = mkdtempSync(join(tmpdir(), 'warren-receipts-'))
  let bundles = ''
  beforeAll(() => {
    const files = shownFiles()
    expect([...files.keys()]).toEqual([
      'services/tasks/receipt.ts',
      'services/tasks/receipt-store.ts',
      'services/tasks/receipt.handler.ts',
    ])
    for (const [path, source] of files) {
      writeFileSync(join(services.folder, path), source.replace('/mnt/receipts', folder))
    }
    const registry = join(services.folder, 'services/tasks/registry.ts')
    const lines = readFileSync(registry, 'utf8')
      .replace('\n\n', `\nimport { receipt } from './receipt.ts'\n\n`)
      .replace(/(taskTypes: .*)\]/, '$1, receipt]')
    writeFileSync(registry, lines)
    bundles = services.bundleWorker()
  })
  beforeEach(() => {
    for (const file of readdirSync(folder)) rmSync(join(folder, file))
  })
  afterAll(() => {
    rmSync(folder, { recursive: true })
    services[Symbol.dispose]()
  })

  const receipts = () =>
    readdirSync(folder).map((file) => [file, JSON.parse(readFileSync(join(folder, file), 'utf8'))])
  const task = { id: 'order-1', type: 'receipt', payload: { customer: 'Ada', cents: 1_999 } }
  const written = (deliveryCount: number) => [
    'order-1.json',
    { id: 'order-1', ...task.payload, deliveryCount },
  ]

  it('writes one receipt though its task runs twice: the worker died between the effect and the ack', async () => {
    await using queue = await createQueue(inject('broker'))
    await using first = startWorker(bundles, queue.environment('worker'), [killedBeforeAck])
    await queue.publish(task)
    expect(await first.exit()).toBe('SIGKILL')
    expect(receipts()).toEqual([written(0)])

    await using second = startWorker(bundles, queue.environment('worker'))
    const tries = await second.ended(1)
    expect(tries.map(({ outcome, deliveryCount }) => [outcome, deliveryCount])).toEqual([['done', 1]])
    await second.line('receipt was there: written by an earlier try')
    expect(receipts()).toEqual([written(0)])
  })

  it('writes one receipt though its task was sent twice and both run at once', async () => {
    await using queue = await createQueue(inject('broker'))
    const environment = { ...queue.environment('worker'), WORKER_SLOTS: '2' }
    await using worker = startWorker(bundles, environment)
    await worker.line('consuming', { count: 2 })
    await queue.publish(...Array(20).fill(task))
    expect((await worker.ended(20)).every(({ outcome }) => outcome === 'done')).toBe(true)
    const { lines } = await worker.stop()
    expect(lines.filter(({ msg }) => msg === 'receipt written')).toHaveLength(1)
    expect(receipts()).toEqual([written(0)])
  })
})
