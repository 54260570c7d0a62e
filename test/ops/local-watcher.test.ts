import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { watchLocal } from '../../ops/target/local-watcher.ts'

test('a look at a queue that is new waits until the broker has figures of it', async () => {
  let asked = 0
  const server = createServer(({ url = '' }, response) => {
    const answer = url.includes('/queues/%2F/tasks?')
      ? ++asked > 2 && { messages_ready: 3, messages_unacknowledged: 1, consumers: 2 }
      : url.includes('/exchanges/')
        ? undefined
        : { messages: 0, items: [] }
    response.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer || {}))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const user = { username: 'probe', password: 'secret' }
  const watcher = watchLocal({
    endpoint: 'http://127.0.0.1:1',
    managementUrl: `http://127.0.0.1:${port}`,
    brokerUrl: 'amqp://127.0.0.1:1',
    pid: process.pid,
    vhost: '/',
    ledger: false,
    queue: 'tasks',
    probe: user,
    operator: user,
    moreQueues: [],
  })
  try {
    expect((await watcher.look()).queue).toMatchObject({ ready: 3, inFlight: 1, consumers: 2 })
    expect(asked).toBe(3)
  } finally {
    server.close()
  }
})
