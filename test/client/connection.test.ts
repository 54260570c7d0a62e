import { createHash, createHmac } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import { describe, expect, it } from 'vitest'
import { createClient } from '../../client/src/client.ts'
import { NotAcceptedError } from '../../client/src/errors.ts'
import { type Received, startAnswering } from '../support/answering.ts'

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'not-a-secret', sessionToken: 'token' }
const region = 'eu-central-1'

/** What the AWS SDK's own signer makes of the request. */
async function signedByAws({ method, path, headers, body }: Received, url: string): Promise<string> {
  const { hostname, port, pathname, searchParams } = new URL(path, url)
  const date = String(headers['x-amz-date'])
  const signer = new SignatureV4({
    credentials,
    region,
    service: 'execute-api',
    sha256: Sha256,
    applyChecksum: false,
  })
  const named = ['x-amz-date', 'x-amz-security-token'].map((name) => [name, String(headers[name])])
  const request = {
    method,
    protocol: 'http:',
    hostname,
    port: Number(port),
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers: { host: String(headers['host']), ...Object.fromEntries(named) },
    body,
  }
  const signingDate = date.replace(/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)/, '$1-$2-$3T$4:$5:')
  const signed = await signer.sign(request, { signingDate: new Date(signingDate) })
  return signatureOf(signed.headers['authorization'])
}

const signatureOf = (header: string | undefined) => /Signature=(\w+)/.exec(header ?? '')?.[1] ?? 'unsigned'

/** As the SDK asks for a hash. */
class Sha256 {
  readonly #hash

  constructor(secret?: unknown) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as Buffer)
  }

  update(data: string | Uint8Array): void {
    this.#hash.update(data)
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }
}

describe('a request', () => {
  it('is signed as the AWS SDK would, whatever characters ids and payloads have', async () => {
    await using api = await startAnswering(
      () => ({ status: 202, body: {} }),
      () => ({ status: 200, body: { state: 'done' } }),
      () => ({ status: 200, body: {} }),
    )
    const client = createClient({ endpoint: api.url, region, credentials })
    await client.send('sleep', { text: 'grüße & 日本' })
    await client.wait('nightly:2026-11-30T02:30:00Z', { timeoutSeconds: 7.5 })
    await client.depth()
    expect(api.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /tasks',
      'GET /tasks/nightly%3A2026-11-30T02%3A30%3A00Z?wait=7',
      'GET /queue',
    ])
    for (const request of api.requests) {
      const signature = signatureOf(request.headers.authorization)
      expect(request.headers.authorization).toContain(`/${region}/execute-api/aws4_request`)
      expect(signature).toBe(await signedByAws(request, api.url))
    }
  })

  it('asks for credentials each time, since they expire', async () => {
    await using api = await startAnswering()
    const keys = ['FIRST', 'SECOND']
    const next = async () => ({ ...credentials, accessKeyId: keys.shift() ?? 'none' })
    const client = createClient({ endpoint: api.url, region, credentials: next })
    await client.send('sleep', {})
    await client.send('sleep', {})
    const used = api.requests.map(({ headers }) => /Credential=(\w+)/.exec(headers.authorization ?? '')?.[1])
    expect(used).toEqual(['FIRST', 'SECOND'])
  })

  it('finds credentials as the AWS SDK does, where none are given', async () => {
    await using api = await startAnswering()
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = process.env
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'FROMENV', AWS_SECRET_ACCESS_KEY: 'not-a-secret' })
    try {
      // the name of an API, whose requests a fetch of ours brings here
      const there = (_url: string | URL | Request, init?: RequestInit) => fetch(`${api.url}/tasks`, init)
      const endpoint = `https://abc.execute-api.${region}.amazonaws.com`
      await createClient({ endpoint, region, fetch: there }).send('sleep', {})
    } finally {
      restore({ AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY })
    }
    expect(api.requests[0]?.headers.authorization).toContain('Credential=FROMENV/')
  })

  it('is not sent where there are no credentials, and says why', async () => {
    await using api = await startAnswering()
    const reason = new Error('the single sign-on has expired')
    const client = createClient({ endpoint: api.url, region, credentials: () => Promise.reject(reason) })
    const error = await client.send('sleep', {}, { id: 'a' }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(NotAcceptedError)
    expect(error).toMatchObject({
      message: reason.message,
      cause: reason,
      failed: [{ id: 'a', reason: 'not sent', mayBeAccepted: false }],
    })
    await expect(client.task('a')).rejects.toBe(reason)
    expect(api.requests).toEqual([])
  })
})

describe('createClient', () => {
  it.each(['http://127.0.0.1:8080', 'http://localhost:8080/', 'http://[::1]:8080'])(
    'needs neither region nor credentials for %s',
    (endpoint) => {
      expect(() => createClient({ endpoint })).not.toThrow()
    },
  )

  it.each(['https://abc.execute-api.eu-central-1.amazonaws.com', 'http://10.0.0.7:8080'])(
    'needs a region to sign for %s',
    (endpoint) => {
      expect(() => createClient({ endpoint })).toThrow(
        new TypeError(`createClient needs the region of ${endpoint}, to sign for it`),
      )
    },
  )

  it('says what is no endpoint', () => {
    expect(() => createClient({ endpoint: 'abc', region })).toThrow(/Invalid URL/)
  })
})

function restore(variables: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(variables))
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
}
