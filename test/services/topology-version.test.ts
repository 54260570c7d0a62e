import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { isAtLeast } from '../../services/contract/broker-version.ts'
import { defaultTopology, definitions } from '../../services/contract/topology.ts'
import { applyTopology } from '../../services/topology/apply.ts'

/** Applies the topology to a broker that says it is this version, and tells what was asked of it. */
async function applyTo(version: string): Promise<{ error: string; asked: string[] }> {
  const asked: string[] = []
  const server = createServer(({ method, url = '' }, response) => {
    asked.push(`${method} ${url.split('?')[0]}`)
    const known = url.startsWith('/api/overview')
    response.writeHead(known ? 200 : 400).end(known ? JSON.stringify({ rabbitmq_version: version }) : '{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const managementUrl = `http://127.0.0.1:${port}`
  const target = { managementUrl, admin: { username: 'admin', password: 'secret' } }
  try {
    const error = await applyTopology(target, definitions(defaultTopology('tasks')), {}).then(
      () => '',
      (error: Error) => error.message,
    )
    return { error, asked }
  } finally {
    server.close()
  }
}

describe('a broker', () => {
  it.each(['4.3.0', '4.2.9', '3.13.7'])(
    'of version %s is refused, untouched, with a remedy',
    async (version) => {
      const { error, asked } = await applyTo(version)
      expect(error).toMatch(new RegExp(`is RabbitMQ ${version}, 4.3.1 or later is needed.*reboot-broker`))
      expect(asked).toEqual(['GET /api/overview'])
    },
  )

  it.each(['4.3.1', '4.3.10', '4.10.0', '5.0.0-rc.1'])('of version %s is asked on', async (version) => {
    expect((await applyTo(version)).asked.length).toBeGreaterThan(1)
  })
})

it.each([
  ['4.3', '4.3.0', true],
  ['4.3.3', '4.3', true],
  ['', '4.3', false],
  ['unknown', '4.3', false],
])('%j is at least %s: %s', (version, oldest, expected) => {
  expect(isAtLeast(version, oldest)).toBe(expected)
})
