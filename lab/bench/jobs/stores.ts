import { existsSync, globSync, mkdtempSync, rmSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from '../../../local/broker/ports.ts'
import { lastLines, run } from '../../../local/broker/run.ts'
import { supervise, untilInputClosesWithGroup } from '../../../local/broker/supervise.ts'
import { warrenFolder } from '../../../local/local-file.ts'
import { until } from '../../../test/support/until.ts'

/** A store that a peer keeps its jobs in, on a port of the loopback address. Disposing of it ends and removes it. */
export interface Store extends AsyncDisposable {
  /** What its clients are told. */
  readonly address: string
  /** Such as `Redis 7.0.15`. */
  readonly version: string
}

/**
 * Redis that appends each change to a file and syncs it every second, as BullMQ's documentation wants it: the one on
 * PATH, Valkey before Redis, or else Debian's, unpacked under `.warren/peers`.
 * @throws Error that says why there is none
 */
export async function startRedis(): Promise<Store> {
  const { command, env } = await redis()
  const version = (await run([...command, '--version'], { env })).trim()
  return startStore('redis', async (folder, port) => {
    const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--appendonly', 'yes']
    return {
      ...{ command: [...command, ...settings, '--save', ''], env, address: `127.0.0.1:${port}` },
      version: `Redis ${/v=(\S+)/.exec(version)?.[1] ?? version}`,
    }
  })
}

/**
 * Debian's PostgreSQL with its defaults.
 * @throws Error where it is not installed
 */
export async function startPostgres(): Promise<Store> {
  const bin = globSync('/usr/lib/postgresql/*/bin').at(-1)
  if (!bin) throw new Error('PostgreSQL is not installed: apt-get install postgresql')
  const { env } = process
  const said = await run([`${bin}/postgres`, '--version'], { env })
  const version = `PostgreSQL ${/\d+[.\d]*/.exec(said)?.[0] ?? said}`
  // it refuses to run as root
  const asItself =
    process.getuid?.() === 0 ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] : []
  return startStore('postgres', async (folder, port) => {
    if (asItself.length > 0) await run(['chown', 'postgres', folder], { env })
    const user = ['--username', 'postgres', '--auth', 'trust']
    await run([...asItself, `${bin}/initdb`, '--pgdata', `${folder}/data`, ...user], { env })
    const where = [
      '-D',
      `${folder}/data`,
      '-p',
      String(port),
      '-k',
      folder,
      '-c',
      'listen_addresses=127.0.0.1',
    ]
    return {
      ...{ command: [...asItself, `${bin}/postgres`, ...where], env, version },
      address: `postgres://postgres@127.0.0.1:${port}/postgres`,
    }
  })
}

interface Server extends Pick<Store, 'address' | 'version'> {
  readonly command: readonly string[]
  readonly env: NodeJS.ProcessEnv
}

async function startStore(
  name: string,
  prepare: (folder: string, port: number) => Promise<Server>,
): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), `warren-bench-${name}-`))
  const [port = 0] = await freePorts(1)
  const { command, env, address, version } = await prepare(folder, port)
  const log = mkdtempSync(join(tmpdir(), `warren-bench-${name}-log-`))
  const server = supervise(['sh', '-c', untilInputClosesWithGroup, 'sh', ...command], env, join(log, 'log'))
  const end = async () => {
    await server.end()
    for (const each of [folder, log]) rmSync(each, { recursive: true, force: true })
  }
  try {
    await until(() => server.hasEnded() || answers(port), { within: 30, what: `${name} answers` })
    if (server.hasEnded()) throw new Error(`${name} ended: ${lastLines(await server.output(), 8)}`)
  } catch (error) {
    await end()
    throw error
  }
  return { address, version, [Symbol.asyncDispose]: end }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const answer = (is: boolean) => () => {
      socket.destroy()
      resolve(is)
    }
    socket.once('connect', answer(true)).once('error', answer(false))
  })
}

const packages = ['redis-tools', 'libjemalloc2', 'liblua5.1-0', 'liblzf1', 'lua-bitop', 'lua-cjson']

async function redis(): Promise<Pick<Server, 'command' | 'env'>> {
  const { env } = process
  for (const program of ['valkey-server', 'redis-server'])
    if (await run(['which', program], { env }).catch(() => undefined)) return { command: [program], env }
  const folder = join(warrenFolder, 'peers/redis')
  // Debian's server is the checker under another name
  const program = join(folder, 'usr/bin/redis-check-rdb')
  if (!existsSync(program)) {
    await mkdir(folder, { recursive: true })
    const script =
      'cd "$0" && apt-get download "$@" && for each in *.deb; do dpkg -x "$each" .; done && ln -sf redis-check-rdb usr/bin/redis-server'
    await run(['sh', '-c', script, folder, ...packages], { env })
  }
  const libraries = globSync(join(folder, 'usr/lib/{,*/,*/*/}')).join(':')
  return { command: [join(folder, 'usr/bin/redis-server')], env: { ...env, LD_LIBRARY_PATH: libraries } }
}
