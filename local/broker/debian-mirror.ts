import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from './run.ts'

/** Debian's release that has RabbitMQ 4.3. */
export const suite = 'forky'

/**
 * The mirror that this machine's own apt uses and that has the suite. apt itself is asked, so that every form of its
 * configuration counts, and its own downloader tries the mirror, so that its proxy settings do.
 *
 * @throws an Error that says which mirrors were tried
 */
export async function findMirror(env: NodeJS.ProcessEnv): Promise<string> {
  const format = ['--format', '$(REPO_URI) $(COMPONENT)']
  const targets = await run(['apt-get', 'indextargets', ...format, 'Created-By: Packages'], { env })
  const mirrors = mirrorsOf(targets)
  for (const mirror of mirrors) if (await hasSuite(mirror, env)) return mirror
  const tried =
    mirrors.length === 0 ? 'apt knows no mirror with Debian packages' : `tried ${mirrors.join(', ')}`
  throw new Error(`this machine's apt reaches no mirror with Debian ${suite} (${tried})`)
}

/** The mirrors in apt's list of index targets (`URI COMPONENT` lines): those with Debian's main, likeliest first. */
export function mirrorsOf(targets: string): string[] {
  const main = targets
    .split('\n')
    .map((line) => line.trim().split(' '))
    .filter(([uri = '', component]) => component === 'main' && /^(https?|file):/.test(uri))
    .map(([uri = '']) => uri.replace(/\/+$/, ''))
  const isDebian = (uri: string) => Number(/\/debian$/.test(uri))
  return [...new Set(main)]
    .filter((uri) => !uri.includes('security'))
    .sort((one, other) => isDebian(other) - isDebian(one))
}

async function hasSuite(mirror: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'warren-mirror-'))
  const target = join(folder, 'InRelease')
  const quick = [
    '-o',
    'Acquire::http::Timeout=10',
    '-o',
    'Acquire::https::Timeout=10',
    '-o',
    'Acquire::Retries=1',
  ]
  // as root: apt's own download user may not write here
  const helper = ['/usr/lib/apt/apt-helper', '-o', 'APT::Sandbox::User=root', ...quick]
  try {
    await run([...helper, 'download-file', `${mirror}/dists/${suite}/InRelease`, target], {
      env,
      timeoutMs: 60_000,
    })
    return (await readFile(target, 'utf8')).includes('Origin: Debian')
  } catch {
    return false
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The environment with apt's proxies in it, for programs that do not ask apt. What is set already stays. */
export async function withAptProxies(env: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  const settings = await run(['apt-config', 'dump'], { env })
  const proxy = (scheme: string) =>
    settings.match(new RegExp(`^Acquire::${scheme}::Proxy "([^"]+)";`, 'im'))?.[1]
  const http = env['http_proxy'] || proxy('http')
  const https = env['https_proxy'] || proxy('https')
  return { ...env, ...(http && { http_proxy: http }), ...(https && { https_proxy: https }) }
}
