import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { expect, it } from 'vitest'
import { startTcpProxy } from '../../test/support/tcp-proxy.ts'
import { until } from '../../test/support/until.ts'

it('breaks one connection for each count, behind that byte, and then no more', async () => {
  const received: Buffer[] = []
  const server = createServer((socket) => {
    socket.on('error', () => undefined).on('data', (chunk) => void received.push(chunk))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  await using proxy = await startTcpProxy({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })
  const send = async (text: string) => {
    const client = connect(proxy.port, '127.0.0.1').on('error', () => undefined)
    client.write(text)
    return client
  }
  proxy.breakAfter(3, 5)
  for (const count of [1, 2]) {
    await send('abcdefgh')
    await until(() => proxy.broken === count, { within: 10, what: `connection ${count} is broken` })
  }
  const client = await send('all of it')
  const text = () => Buffer.concat(received).toString()
  await until(() => text() === 'abcabcdeall of it', { within: 10, what: 'the third arrives' })
  expect(proxy).toMatchObject({ broken: 2, open: 1 })
  client.destroy()
  server.close()
})
