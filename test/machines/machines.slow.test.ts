import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { clone, ownEnvironment, programs, settingsOfNpm, type Versions } from './machine.ts'
import { startProxy } from './proxy.ts'

/**
 * What Node 18, 20, 22 and 24 come with, and npm's next steps. Where a pair is missing, that npm refuses that Node
 * (`npm view npm@12.2.2 engines.node`).
 */
const nodes = ['18.20.8', '20.20.2', '22.23.3', '24.20.0']
const npms: Record<string, readonly string[]> = {
  '9.9.4': nodes,
  '10.8.2': nodes,
  '11.0.0': nodes.slice(1),
  '12.2.2': nodes.slice(2),
}
const machines = Object.entries(npms).flatMap(([npm, all]) => all.map((node) => ({ npm, node })))
const minutes = 60_000

it.each(machines)(
  'npm $npm on Node $node, in a hostile shell',
  { timeout: 10 * minutes },
  async (versions) => {
    await using proxy = await startProxy()
    await using cloned = await clone('mein Häs chen')
    const { folder } = cloned
    const run = await shell(folder, versions, proxy.url)
    const say = (line: string) => console.error(`npm ${versions.npm}, Node ${versions.node}: ${line}`)

    say('installing the packages, about half a minute ...')
    const first = await run('npm', 'run', 'status', '--', '--help')
    expect(first).toContain('warren: installing the npm packages')
    expect(first).toContain('Usage: npm run status -- ')
    say('npm start ...')
    const started = await run('npm', 'start', '--', '--only', 'fair', '--tasks', '10')
    expect(started).not.toContain('installing')
    expect(existsSync(join(folder, '.warren/report.html'))).toBe(true)
    expect(proxy.refused).toEqual([])
  },
)

/** What people's shells have set for other reasons, all at once. */
async function shell(folder: string, versions: Versions, proxy: string) {
  const bin = await programs(versions)
  const { HOME: _, HTTPS_PROXY = proxy, ...own } = ownEnvironment()
  const env = {
    ...own,
    PATH: `${bin}:${process.env['PATH']}`,
    NODE_ENV: 'production',
    NODE_USE_ENV_PROXY: '1',
    HTTP_PROXY: proxy,
    http_proxy: proxy,
    HTTPS_PROXY,
    npm_config_userconfig: await settingsOfNpm(folder),
    TZ: 'Pacific/Apia',
    LANG: 'tr_TR.UTF-8',
    LC_ALL: 'tr_TR.UTF-8',
    AWS_REGION: '',
    WARREN_AMQP_URL: own['WARREN_AMQP_URL'] ?? '',
  }
  return async (...command: readonly string[]): Promise<string> => {
    const umask = ['-c', 'umask 077; exec "$@" 2>&1', 'sh', ...command]
    const { stdout } = await promisify(execFile)('sh', umask, { cwd: folder, env, timeout: 5 * minutes })
    return stdout
  }
}
