import { readFileSync } from 'node:fs'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { BrokerNode } from '../../local/broker/broker.ts'
import { startNode } from '../../local/broker/start.ts'
import { startAws } from '../support/aws.ts'
import { invokeLambda } from '../support/lambda.ts'
import { startProducer } from '../support/producer.ts'
import { createQueue, type TestQueue } from '../support/queue.ts'
import { createTls, type TlsFixture } from '../support/tls.ts'
import { startTlsFront, type TlsFront } from '../support/tls-front.ts'
import { until } from '../support/until.ts'
import { startWorker } from '../support/worker-process.ts'

/** What is wrong with a server, and the reason that each service's log or error has to give. */
const wrong = {
  'an authority that nobody knows': /self-signed certificate in certificate chain|unable to verify/,
  'another host name': /Hostname\/IP does not match certificate's altnames/,
  'a certificate that has expired': /certificate has expired/,
}
type Fault = keyof typeof wrong

interface Site {
  readonly amqp: number
  readonly management: number
  /** The file for NODE_EXTRA_CA_CERTS; none where the authority is not known. */
  readonly ca?: string
  /** Connections that a client was content with. */
  accepted(): number
}

const stack = new AsyncDisposableStack()
const made: TlsFixture[] = []
const sites = new Map<Fault, Site>()
let node: BrokerNode
let queue: TestQueue
let good: Site

beforeAll(async () => {
  const tls = fixture()
  node = await startNode({ tls })
  stack.defer(() => node.stop())
  // the test's own client trusts it too
  setDefaultCACertificates([...getCACertificates('default'), readFileSync(tls.ca, 'utf8')])
  queue = stack.use(await createQueue(node))
  const management = await front(tls, portOf(node.managementUrl))
  good = {
    amqp: portOf(node.amqpUrl),
    management: management.port,
    ca: tls.ca,
    accepted: () => management.accepted,
  }
  sites.set('an authority that nobody knows', await badSite(tls, false))
  sites.set('another host name', await badSite(fixture({ names: 'DNS:broker.example,IP:127.0.0.2' })))
  sites.set('a certificate that has expired', await badSite(fixture({ days: -1 })))
})
afterAll(async () => {
  await stack.disposeAsync()
  for (const one of made) one.remove()
})

function fixture(options = {}): TlsFixture {
  const tls = createTls(options)
  made.push(tls)
  return tls
}

async function front(tls: TlsFixture, port: number): Promise<TlsFront> {
  return stack.use(await startTlsFront(tls, port))
}

/** A server in front of the shared broker, which has no TLS: how it would answer if the client went on. */
async function badSite(tls: TlsFixture, known = true): Promise<Site> {
  const { amqpUrl, managementUrl } = inject('broker')
  const fronts = [await front(tls, portOf(amqpUrl)), await front(tls, portOf(managementUrl))] as const
  return {
    amqp: fronts[0].port,
    management: fronts[1].port,
    ...(known ? { ca: tls.ca } : {}),
    accepted: () => fronts[0].accepted + fronts[1].accepted,
  }
}

const portOf = (url: string) => Number(new URL(url).port)

function environment(role: 'worker' | 'producer' | 'probe' | 'operator', site: Site, host = 'localhost') {
  return {
    ...queue.environment(role),
    BROKER_URL: `amqps://${host}:${site.amqp}`,
    BROKER_MANAGEMENT_URL: `https://${host}:${site.management}`,
    ...(site.ca === undefined ? {} : { NODE_EXTRA_CA_CERTS: site.ca }),
  }
}

const bundles = inject('bundles')
const task = { type: 'sleep', payload: { ms: 1 } }
const probe = (site: Site) =>
  invokeLambda(bundles, 'probe', { ...environment('probe', site), METRICS_NAMESPACE: 'test' }, {})
const operate = (site: Site) =>
  invokeLambda(bundles, 'operator', environment('operator', site), { action: 'list' })

async function rotate(site: Site) {
  await using aws = await startAws()
  const arn = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:admin-AbCdEf'
  aws.secrets.set(arn, JSON.stringify(node.admin))
  const { BROKER_MANAGEMENT_URL, ...rest } = environment('worker', site)
  const variables = { BROKER_MANAGEMENT_URL, NODE_EXTRA_CA_CERTS: rest.NODE_EXTRA_CA_CERTS ?? '' }
  const settings = {
    USER_SECRETS: '[]',
    WORKER_SERVICES: '[]',
    ADMIN_SECRET_ARN: arn,
    SECOND_ADMIN_SECRET_ARN: arn,
  }
  const event = {
    source: 'aws.secretsmanager',
    'detail-type': 'Secret Label Updated',
    resources: [arn],
    detail: { labelUpdated: 'AWSCURRENT' },
  }
  // not before it has answered are the secrets taken away
  return await invokeLambda(bundles, 'topology', { ...aws.variables, ...variables, ...settings }, event)
}

describe('a broker whose certificate is good', () => {
  it.each(['localhost', '127.0.0.1'])('serves producer and worker as %s', async (host) => {
    await using worker = startWorker(bundles, environment('worker', good, host))
    await using producer = await startProducer(bundles, environment('producer', good, host))
    expect(await producer.post(task)).toMatchObject({ status: 202 })
    expect((await worker.ended(1)).map(({ outcome }) => outcome)).toEqual(['done'])
  })

  it('serves probe, operator and topology function', async () => {
    // the broker has figures of a new queue only after some seconds
    const figures = async () => (await probe(good)).output.includes('"Ready"')
    expect(await until(figures, { within: 60, what: 'the probe to emit figures' })).toBe(true)
    expect((await operate(good)).error).toBeUndefined()
    expect((await rotate(good)).error).toBeUndefined()
    expect(good.accepted()).toBeGreaterThan(0)
  })
})

describe.each(Object.entries(wrong) as [Fault, RegExp][])('a broker with %s', (fault, reason) => {
  const site = () => {
    const found = sites.get(fault)
    if (!found) throw new Error(`no server with ${fault}`)
    return found
  }

  it('gets nothing of the worker, which says why and tries again', async () => {
    await using worker = startWorker(bundles, environment('worker', site()))
    expect((await worker.line('no connection to the broker', { count: 2 }))['reason']).toMatch(reason)
    worker.kill('SIGTERM')
    expect(await worker.exit()).toBe(0)
    expect(site().accepted()).toBe(0)
  })

  it('gets nothing of the producer, which answers 503 and logs why', async () => {
    await using producer = await startProducer(bundles, environment('producer', site()))
    expect(await producer.post(task)).toMatchObject({ status: 503 })
    const line = await producer.line(({ msg }) => msg === 'no connection to the broker')
    expect(line.reason).toMatch(reason)
    expect(site().accepted()).toBe(0)
  })

  it.each([
    ['probe', probe],
    ['topology function', rotate],
    ['operator', operate],
  ])('gets nothing of the %s, whose error says why', async (_, invoke) => {
    expect((await invoke(site())).error).toMatch(reason)
    expect(site().accepted()).toBe(0)
  })
})
