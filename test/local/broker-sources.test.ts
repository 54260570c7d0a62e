import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { cacheFolder, cacheSize, cleanCache, withCacheLock } from '../../local/broker/cache.ts'
import { mirrorsOf } from '../../local/broker/debian-mirror.ts'
import { debootstrapProgress } from '../../local/broker/debian-progress.ts'
import { findDocker } from '../../local/broker/docker-image.ts'
import { errorLines } from '../../local/broker/node.ts'
import { findOnPath } from '../../local/broker/path-run.ts'
import { noBroker } from '../../local/broker/remedies.ts'
import { isRecentEnough } from '../../local/broker/version.ts'

const folder = mkdtempSync(join(tmpdir(), 'warren-unit-'))
afterAll(() => rmSync(folder, { recursive: true }))
const path = `${folder}:/usr/bin:/bin`

describe('versions', () => {
  it.each(['4.3.3', '4.3.6', '4.3.10', '4.10.1', '5.0.0-rc.1'])('%s is recent enough', (version) => {
    expect(isRecentEnough(version)).toBe(true)
  })
  it.each(['3.13.7', '4.2.9', '4.3.0', '4.3.2', '4.3', '4', '', 'unknown'])('"%s" is not', (version) => {
    expect(isRecentEnough(version)).toBe(false)
  })
})

describe('a rabbitmq-server on the PATH', () => {
  it('that is too old is named with its version', async () => {
    program('epmd', 'exit 0')
    program('rabbitmq-server', 'exit 1')
    program('rabbitmqctl', 'echo 4.3.2')
    const found = await findOnPath({ PATH: path })
    expect(found).toContain(
      `${folder}/rabbitmq-server is RabbitMQ 4.3.2, and Warren needs 4.3.3 or later: before,`,
    )
  })

  it('that does not work is named with what it printed', async () => {
    program('rabbitmqctl', 'echo no Erlang here >&2; exit 3')
    expect(await findOnPath({ PATH: path })).toContain('ended with status 3: no Erlang here')
  })

  it('that is recent enough is taken', async () => {
    program('rabbitmqctl', 'echo 4.3.3')
    expect(await findOnPath({ PATH: path })).toMatchObject({
      how: expect.stringContaining('4.3.3 on the PATH'),
    })
  })

  it('is not found on a PATH that has none', async () => {
    expect(await findOnPath({ PATH: '/nowhere' })).toBe('no rabbitmq-server on the PATH')
  })
})

describe('Docker', () => {
  it('counts only when its engine answers', async () => {
    program('docker', 'echo Cannot connect to the Docker daemon >&2; exit 1')
    const found = await findDocker({ PATH: path }, () => undefined)
    expect(found).toContain('no Docker engine answers')
    expect(found).toContain('Cannot connect to the Docker daemon')
  })

  it('that cannot pull the image is passed over, with the reason', async () => {
    program(
      'docker',
      'case $1 in version) echo 28.2;; pull) echo no such host >&2; exit 1;; *) exit 1;; esac',
    )
    const lines: string[] = []
    const found = await findDocker({ PATH: path }, (line) => lines.push(line))
    expect(found).toContain('Docker could not pull rabbitmq:4.3-management')
    expect(found).toContain('no such host')
    expect(lines).toEqual(['pulling rabbitmq:4.3-management with Docker, about 130 MB, once'])
  })
})

describe('an image that Docker has', () => {
  const images = (before: string, pulled: string) => `case $1 in
    version) echo 28.2;;
    image) if [ -e ${folder}/pulled ]; then echo RABBITMQ_VERSION=${pulled}; else echo RABBITMQ_VERSION=${before}; fi;;
    pull) touch ${folder}/pulled;;
  esac`
  const find = async (before: string, pulled: string) => {
    rmSync(join(folder, 'pulled'), { force: true })
    program('docker', images(before, pulled))
    const lines: string[] = []
    return { found: await findDocker({ PATH: path }, (line) => lines.push(line)), pulls: lines.length }
  }

  it('is taken as it is where it is recent enough', async () => {
    expect(await find('4.3.3', '4.3.6')).toMatchObject({ found: { how: expect.any(String) }, pulls: 0 })
  })

  it('is pulled anew where it is too old', async () => {
    expect(await find('4.3.1', '4.3.6')).toMatchObject({ found: { how: expect.any(String) }, pulls: 1 })
  })

  it('is passed over where what was pulled is too old as well', async () => {
    const { found } = await find('4.3.1', '4.3.2')
    expect(found).toContain('rabbitmq:4.3-management is RabbitMQ 4.3.2, and Warren needs 4.3.3 or later')
  })
})

describe("the mirror of this machine's apt", () => {
  it('is one with main, without security mirrors, those named debian first', () => {
    const targets = [
      'https://packages.example.org/apt/ main',
      'http://mirror.example.org/debian-security/ main',
      'http://mirror.example.org/debian/ contrib',
      'http://mirror.example.org/debian/ main',
      'http://mirror.example.org/debian/ main',
      'cdrom://disc/ main',
    ]
    expect(mirrorsOf(targets.join('\n'))).toEqual([
      'http://mirror.example.org/debian',
      'https://packages.example.org/apt',
    ])
  })
})

it('the installation tells each step once, in order', () => {
  const lines: string[] = []
  const onLine = debootstrapProgress((line) => lines.push(line))
  for (const line of [
    'I: Retrieving a 1.0',
    'I: Retrieving b 1.0',
    'I: Validating a 1.0',
    'I: Extracting a...',
  ])
    onLine(line)
  for (const line of ['I: Unpacking a...', 'I: Configuring a...', 'I: Unpacking b...', 'I: Configuring b...'])
    onLine(line)
  expect(lines).toEqual([
    '  loading packages',
    '  unpacking the base system',
    '  unpacking packages',
    '  setting packages up',
  ])
})

describe('the error for a machine without a source', () => {
  const linux = { platform: 'linux', distribution: 'Debian GNU/Linux 13', isDebianLike: true } as const

  it('gives the reasons and what helps on this system', () => {
    const { message } = noBroker({ ...linux, isRoot: false }, ['no rabbitmq-server on the PATH'])
    expect(message).toContain('  - no rabbitmq-server on the PATH')
    expect(message).toContain('any of these helps on Debian GNU/Linux 13')
    expect(message).toContain('sudo npm start')
    expect(message).toContain('WARREN_AMQP_URL')
    expect(message).not.toContain('brew')
  })

  it('names brew on macOS and sudo neither there nor to root', () => {
    const mac = noBroker(
      { platform: 'darwin', distribution: 'darwin', isDebianLike: false, isRoot: false },
      [],
    )
    expect(mac.message).toContain('brew install rabbitmq')
    expect(mac.message).not.toContain('sudo')
    expect(noBroker({ ...linux, isRoot: true }, []).message).not.toContain('sudo')
  })
})

describe('the cache', () => {
  it('follows XDG_CACHE_HOME, then HOME', () => {
    expect(cacheFolder({ XDG_CACHE_HOME: '/x', HOME: '/home/a' })).toBe('/x/warren')
    expect(cacheFolder({ HOME: '/home/a' })).toBe('/home/a/.cache/warren')
  })

  it('is locked for one at a time, and the second says that it waits', async ({ skip }) => {
    if (process.platform !== 'linux') skip('flock is part of util-linux: only Linux installs into the cache')
    const env = { ...process.env, XDG_CACHE_HOME: folder }
    const order: string[] = []
    const { promise: secondWaits, resolve } = Promise.withResolvers<void>()
    const first = withCacheLock(
      env,
      () => order.push('first waits'),
      async () => {
        order.push('first begins')
        await secondWaits
        order.push('first ends')
      },
    )
    const withSecond = (async () => {
      while (order.length === 0) await new Promise(setImmediate)
      await withCacheLock(
        env,
        () => {
          order.push('second waits')
          resolve()
        },
        async () => void order.push('second begins'),
      )
    })()
    await Promise.all([first, withSecond])
    expect(order).toEqual(['first begins', 'second waits', 'first ends', 'second begins'])
    writeFileSync(join(folder, 'warren/big'), Buffer.alloc(3 * 1024 ** 2))
    expect(await cacheSize({ env })).toBe(3)
    expect(await cleanCache({ env })).toBe(true)
    expect(await cleanCache({ env })).toBe(false)
  })
})

it("shows a log's errors without time and process, or else its last lines", () => {
  const log = 'starting\n2026-11-22 21:09:23.8+00:00 [error] <0.1.0> port in use\n2026 [error] <0.1.0>\nbye'
  expect(errorLines(log)).toBe('port in use')
  expect(errorLines('one\n\ntwo\n')).toBe('one | two')
})

function program(name: string, script: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`)
  chmodSync(join(folder, name), 0o755)
}
