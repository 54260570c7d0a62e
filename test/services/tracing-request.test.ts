import { afterEach, describe, expect, it, vi } from 'vitest'
import { requests } from '../../services/tracing/on/request.ts'

const endpoint = 'https://xray.eu-central-1.amazonaws.com/v1/traces'
const signed = (env: NodeJS.ProcessEnv) =>
  requests({ endpoint, xrayRegion: 'eu-central-1', headers: async () => undefined }, env)
const body = () => new TextEncoder().encode('{"resourceSpans":[]}')
const scope =
  /Credential=(\w+)\/\d{8}\/eu-central-1\/xray\/aws4_request, SignedHeaders=([\w;-]+), Signature=[0-9a-f]{64}/

afterEach(() => vi.unstubAllGlobals())

/** ECS, which gives the credentials of a task. */
function ecs(expiresInMinutes: number): string[] {
  const asked: string[] = []
  vi.stubGlobal('fetch', async (url: string) => {
    asked.push(url)
    const Expiration = new Date(Date.now() + expiresInMinutes * 60_000).toISOString()
    return Response.json({ AccessKeyId: `KEY${asked.length}`, SecretAccessKey: 's', Token: 't', Expiration })
  })
  return asked
}

describe('a request with spans', () => {
  it("is signed for X-Ray with the function's credentials, body and all", async () => {
    const env = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'token' }
    const request = await signed(env)(body())
    const [, key, headers = ''] = scope.exec(request.headers.get('authorization') ?? '') ?? []
    expect(key).toBe('AKID')
    expect(headers.split(';')).toEqual(expect.arrayContaining(['host', 'x-amz-date', 'x-amz-security-token']))
    expect(request.headers.get('x-amz-security-token')).toBe('token')
    expect(request.headers.get('content-type')).toBe('application/json')
    expect(await request.text()).toBe('{"resourceSpans":[]}')
    const other = await signed(env)(new TextEncoder().encode('{"resourceSpans":[1]}'))
    expect(other.headers.get('authorization')).not.toBe(request.headers.get('authorization'))
  })

  it('says of a header that is none neither name nor value', async () => {
    for (const header of ['api-key=se%0Acret', 'se(cret=1']) {
      const settings = { endpoint, xrayRegion: undefined, headers: async () => header }
      const error = await requests(settings, {})(body()).catch(String)
      expect(error).toBe('Error: the headers of tracing are no HTTP headers')
    }
  })

  it('is signed with the credentials of an ECS task, which are kept until they soon expire', async () => {
    const env = { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/1' }
    const asked = ecs(60)
    const request = signed(env)
    const keys = [await request(body()), await request(body())].map(
      ({ headers }) => scope.exec(headers.get('authorization') ?? '')?.[1],
    )
    expect(keys).toEqual(['KEY1', 'KEY1'])
    expect(asked).toEqual(['http://169.254.170.2/v2/credentials/1'])
    const again = ecs(4)
    const soon = signed(env)
    await soon(body())
    await soon(body())
    expect(again).toHaveLength(2)
  })

  it('without credentials cannot be made, which is an error like any other', async () => {
    await expect(signed({})(body())).rejects.toThrow('no AWS credentials')
  })

  it('asks for its headers once, and again when they could not be read', async () => {
    const headers = vi.fn<() => Promise<string | undefined>>()
    headers.mockRejectedValueOnce(new Error('throttled')).mockResolvedValue('api-key=k, x-scope=a%3Db')
    const request = requests(
      { endpoint: 'https://otlp.example/v1/traces', xrayRegion: undefined, headers },
      {},
    )
    await expect(request(body())).rejects.toThrow('throttled')
    const [first] = [await request(body()), await request(body())]
    expect(Object.fromEntries(first?.headers ?? [])).toEqual({
      ...{ 'api-key': 'k', 'x-scope': 'a=b', 'content-type': 'application/json' },
    })
    expect(headers).toHaveBeenCalledTimes(2)
  })
})
