import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { kinds, Project, platform } from './setup-fixture.ts'

let project: Project
beforeEach(() => {
  project = new Project()
  project.install(kinds)
})
afterEach(() => project.remove())

/** The environment that a module gets. */
async function handedOn(variables: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  project.write('environment.ts', 'console.log(JSON.stringify(process.env))')
  return JSON.parse((await project.run(['environment.ts'], variables)).stdout)
}

describe('a proxy', () => {
  let proxy: Server
  let here: Server
  const proxied: string[] = []
  beforeEach(async () => {
    proxied.length = 0
    proxy = createServer((request, response) => {
      proxied.push(`${request.method} ${request.url}`)
      response.writeHead(502).end()
    })
    proxy.on('connect', (request, socket) => {
      proxied.push(`${request.method} ${request.url}`)
      socket.end('HTTP/1.1 502 no\r\n\r\n')
    })
    here = createServer((_, response) => response.end('here'))
    for (const server of [proxy, here]) await once(server.listen(0, '127.0.0.1'), 'listening')
  })
  afterEach(() => {
    for (const server of [proxy, here]) server.close()
  })
  const port = (server: Server) => (server.address() as AddressInfo).port

  // each way in which Warren asks for something, from a process and from one that it starts
  const asking = `import { execFileSync } from 'node:child_process'
import { get } from 'node:http'
const [url, ...hosts] = process.argv.slice(2)
if (url) await fetch(url).catch(() => {})
for (const host of hosts) {
  console.log(await fetch(host).then((answer) => answer.text()))
  const { promise, resolve, reject } = Promise.withResolvers()
  get(host, resolve).on('error', reject)
  const response = await promise
  console.log(response.resume().statusCode)
}
if (url) execFileSync(process.execPath, [import.meta.filename, '', ...hosts], { stdio: 'inherit' })`

  it.each(['HTTP_PROXY', 'http_proxy'])('of %s is for others, never for this machine', async (name) => {
    project.write('asking.ts', asking)
    const hosts = ['127.0.0.1', 'localhost'].map((host) => `http://${host}:${port(here)}/`)
    const variables = { NODE_USE_ENV_PROXY: '1', [name]: `http://127.0.0.1:${port(proxy)}` }
    const { stdout } = await project.run(['asking.ts', 'http://elsewhere.invalid/', ...hosts], variables)
    expect(stdout.trim().split('\n')).toEqual(Array(4).fill(['here', '200']).flat())
    expect(proxied).toEqual(['CONNECT elsewhere.invalid:80'])
  })

  it('keeps the hosts that it is not for', async () => {
    const given = { NO_PROXY: 'one.example, .two.example', no_proxy: '.two.example three.example,localhost' }
    const { NO_PROXY, no_proxy } = await handedOn(given)
    expect(NO_PROXY).toBe('.two.example,three.example,localhost,one.example,127.0.0.1,::1,[::1]')
    expect(no_proxy).toBe(NO_PROXY)
  })
})

describe("the caller's variables", () => {
  it('count as unset when they are empty, where something else would be looked at then', async () => {
    const empty = ['AWS_REGION', 'AWS_PROFILE', 'WARREN_AMQP_URL', 'XDG_CACHE_HOME', 'HOME']
    const env = await handedOn({
      ...Object.fromEntries(empty.map((name) => [name, ''])),
      AWS_DEFAULT_REGION: 'eu-north-1',
      // these say something by being empty: no pager, UTC
      AWS_PAGER: '',
      TZ: '',
    })
    expect(empty.filter((name) => name in env)).toEqual([])
    expect(env).toMatchObject({ AWS_DEFAULT_REGION: 'eu-north-1', AWS_PAGER: '', TZ: '' })
  })

  it('do not say what kind of installation this is', async () => {
    expect(await handedOn({ NODE_ENV: 'production' })).not.toHaveProperty('NODE_ENV')
  })

  it('are otherwise as they were', async () => {
    const variables = { TZ: 'Pacific/Apia', LC_ALL: 'tr_TR.UTF-8', AWS_REGION: 'eu-north-1', NO_COLOR: '1' }
    expect(await handedOn(variables)).toMatchObject(variables)
  })

  it('have the packaged Node first on the PATH, and nothing else', async () => {
    const packaged = join(project.folder, `node_modules/node-${platform}/bin`)
    project.program(join(packaged, 'node'), `exec '${process.execPath}' "$@"`)
    const { PATH } = await handedOn({})
    expect(PATH).toBe(`${packaged}:${project.bin}:/usr/bin:/bin`)
  })
})
