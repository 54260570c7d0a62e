import { networkInterfaces } from 'node:os'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { brokerClients } from '../support/broker-client.ts'
import { createQueue, type TestQueue } from '../support/queue.ts'
import { startSecretsManager, type TestSecretsManager } from '../support/secrets-manager.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { createTls } from '../support/tls.ts'
import { startTlsFront } from '../support/tls-front.ts'
import { until } from '../support/until.ts'

const broker = inject('broker')
const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
)
const roles = ['producer', 'worker', 'operator', 'probe'] as const

let stack: AsyncDisposableStack
let queue: TestQueue
let secrets: TestSecretsManager
let reads: number
beforeEach(async () => {
  stack = new AsyncDisposableStack()
  queue = stack.use(await createQueue(broker))
  secrets = stack.use(await startSecretsManager(undefined))
  reads = 0
})
afterEach(() => stack.disposeAsync())

describe.each(roles)('the %s', (role) => {
  it('reaches a broker at an IPv6 address, with TLS as in AWS', async ({ skip }) => {
    if (!hasIpv6) skip('this machine has no ::1')
    secrets.secret = credentials()
    const tls = createTls()
    stack.defer(() => tls.remove())
    const front = async (url: string) => {
      const { port } = stack.use(await startTlsFront(tls, Number(new URL(url).port)))
      return proxy(port, '::1')
    }
    const lines = [await front(broker.amqpUrl), await front(broker.managementUrl)] as const
    const client = await start({
      BROKER_URL: `amqps://[::1]:${lines[0].port}`,
      BROKER_MANAGEMENT_URL: `https://[::1]:${lines[1].port}`,
      NODE_EXTRA_CA_CERTS: tls.ca,
    })
    await client.reach()
    expect(lines[0].accepted + lines[1].accepted).toBeGreaterThan(0)
  })

  it('is refused with a wrong password, and shows it nowhere', async () => {
    secrets.secret = JSON.stringify({ ...JSON.parse(credentials()), password: 'not-the-password' })
    const client = await start()
    await expect(client.reach()).rejects.toThrow(/ACCESS_REFUSED|401/)
    expect(await client.said()).not.toContain('not-the-password')
  })

  it('comes in with a new password once its secret has it', async () => {
    secrets.secret = credentials()
    const line = await proxy(Number(new URL(broker.amqpUrl).port))
    const client = await start({ BROKER_URL: `amqp://127.0.0.1:${line.port}` })
    await client.reach()
    await queue.changePassword(role)
    secrets.secret = credentials()
    line.cut()
    await until(() => line.open === 0, { within: 60, what: `the ${role} to let go of the connection` })
    await client.reach()
    expect(reads + secrets.reads).toBe(2)
    expect(await client.said()).not.toContain(queue.environment(role).BROKER_PASSWORD)
  })

  /** What the secret should hold now. */
  function credentials(): string {
    const { BROKER_USERNAME: username, BROKER_PASSWORD: password } = queue.environment(role)
    return JSON.stringify({ username, password })
  }

  async function start(variables: Readonly<Record<string, string>> = {}) {
    const { BROKER_USERNAME, BROKER_PASSWORD, ...where } = queue.environment(role)
    const place = { ...where, ...variables }
    const readSecret = () => {
      reads += 1
      const { username, password } = JSON.parse(secrets.secret ?? '')
      return { BROKER_USERNAME: username, BROKER_PASSWORD: password }
    }
    const options = { bundles: inject('bundles'), place, secret: secrets.variables, readSecret }
    return stack.use(await brokerClients[role](options))
  }
})

async function proxy(port: number, address: '127.0.0.1' | '::1' = '127.0.0.1'): Promise<TcpProxy> {
  return stack.use(await startTcpProxy({ host: '127.0.0.1', port }, address))
}
