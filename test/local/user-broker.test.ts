import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { readUserBroker, userBroker } from '../../local/broker/user-broker.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

describe("the settings of a broker of the user's", () => {
  it('are none when neither variable is set, and AMQP_URL is never one of them', () => {
    expect(readUserBroker({ AMQP_URL: 'amqp://somebody:secret@elsewhere' })).toBeUndefined()
  })

  it('have the credentials of the management URL, decoded, and none in the URLs', () => {
    const settings = readUserBroker({
      WARREN_AMQP_URL: 'amqps://a:b@broker.example:5671/vhost',
      WARREN_MANAGEMENT_URL: 'https://us%40er:p%2Fw@broker.example/',
    })
    expect(settings?.management).toEqual({
      url: 'https://broker.example',
      username: 'us@er',
      password: 'p/w',
    })
  })

  it('have the credentials of the AMQP URL where the other has none', () => {
    const settings = readUserBroker({
      WARREN_AMQP_URL: 'amqp://a:b@broker.example',
      WARREN_MANAGEMENT_URL: 'http://broker.example:15672',
    })
    expect(settings?.management).toMatchObject({ username: 'a', password: 'b' })
  })

  it.each([
    [{ WARREN_AMQP_URL: 'amqp://a:secret@b' }, 'WARREN_MANAGEMENT_URL is not set'],
    [{ WARREN_MANAGEMENT_URL: 'http://a:secret@b' }, 'WARREN_AMQP_URL is not set'],
    [
      { WARREN_AMQP_URL: 'amqp://a:secret', WARREN_MANAGEMENT_URL: 'http://b' },
      'WARREN_AMQP_URL is not a URL',
    ],
    [{ WARREN_AMQP_URL: 'http://a:secret@b', WARREN_MANAGEMENT_URL: 'http://b' }, 'got http://'],
    [{ WARREN_AMQP_URL: 'amqp://b', WARREN_MANAGEMENT_URL: 'http://b' }, 'has no credentials'],
  ])('%# that are not right are named, without secrets', (env, problem) => {
    expect(() => readUserBroker(env)).toThrow(problem)
    expect(() => readUserBroker(env)).not.toThrow('secret')
  })
})

describe("a broker of the user's", () => {
  it('that is too old is refused with its version', async () => {
    const env = await pretend({
      whoami: { tags: ['administrator'] },
      overview: { rabbitmq_version: '4.3.2' },
    })
    await expect(userBroker(env)).rejects.toThrow('is RabbitMQ 4.3.2, and Warren needs 4.3.3 or later')
  })

  it('needs an administrator', async () => {
    const env = await pretend({ whoami: { tags: ['management'] } })
    await expect(userBroker(env)).rejects.toThrow('the user me is not an administrator')
  })

  it('that does not answer is named with the reason', async () => {
    const env = await pretend({})
    for (const server of servers.splice(0)) server.close()
    await expect(userBroker(env)).rejects.toThrow(
      /WARREN_MANAGEMENT_URL \(http:\S+\) cannot be used \(ECONNREFUSED\)/,
    )
  })

  it('whose AMQP port is closed is named before anything is made on it', async () => {
    const answers = { whoami: { tags: ['administrator'] }, overview: { rabbitmq_version: '4.3.6' } }
    const env = { ...(await pretend(answers)), WARREN_AMQP_URL: 'amqp://127.0.0.1:1' }
    await expect(userBroker(env)).rejects.toThrow('WARREN_AMQP_URL (amqp://127.0.0.1:1) cannot be reached')
  })
})

/** A management API that gives these answers and no others. */
async function pretend(answers: Record<string, unknown>): Promise<NodeJS.ProcessEnv> {
  const server = createServer(({ url = '' }, response) => {
    const answer = answers[/^\/api\/(\w+)/.exec(url)?.[1] ?? '']
    response.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer ?? {}))
  })
  servers.push(server)
  const listening = once(server, 'listening')
  server.listen(0, '127.0.0.1')
  await listening
  const { port } = server.address() as AddressInfo
  return {
    WARREN_AMQP_URL: `amqp://127.0.0.1:${port}`,
    WARREN_MANAGEMENT_URL: `http://me:pw@127.0.0.1:${port}`,
  }
}
