import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { until } from './until.ts'

const run = promisify(execFile)

/** A Docker engine for tests that build and run the worker's image. */
export interface Docker {
  /** Runs the docker client against this engine and gives its standard output. */
  docker(...args: string[]): Promise<string>
  /** The command that does so, for one that stays: append the arguments. */
  readonly command: readonly string[]
  /** Says where engine and base image came from. */
  readonly how: string
  stop(): Promise<void>
}

/**
 * The machine's own engine, or else, on Debian as root, one of our own: on a socket of its own, without a network,
 * gone when stopped or when this process ends. Holds `baseImage`: pulled where a registry can be reached, else a stand-in made of Debian's
 * packages and the pinned Node.
 * @throws Error that says why there can be none on this machine.
 */
export async function startDocker(baseImage: string): Promise<Docker> {
  const engine = (await existingEngine()) ?? (await ownEngine())
  const has = await engine.docker('image', 'inspect', baseImage).catch(() => undefined)
  if (has) return engine
  const pulled = await engine.docker('pull', '--quiet', baseImage).catch(() => undefined)
  if (pulled) return { ...engine, how: `${engine.how}, ${baseImage} pulled` }
  await createStandIn(engine, baseImage)
  return { ...engine, how: `${engine.how}, ${baseImage} a stand-in from Debian packages` }
}

async function existingEngine(): Promise<Docker | undefined> {
  const command = ['docker']
  const docker = client([])
  const version = await docker('version', '--format', '{{.Server.Version}}').catch(() => undefined)
  return version
    ? { docker, command, how: `the machine's Docker ${version.trim()}`, stop: async () => {} }
    : undefined
}

async function ownEngine(): Promise<Docker> {
  if (process.getuid?.() !== 0 || !(await run('apt-get', ['--version']).catch(() => undefined))) {
    throw new Error(
      'no Docker engine answers and this is not Debian as root: start Docker and run the test again',
    )
  }
  await aptInstall('dockerd', 'docker.io')
  const folder = await mkdtemp(join(tmpdir(), 'docker-'))
  const socket = `unix://${folder}/docker.sock`
  const daemon = spawn(
    // in a mount namespace of its own, and ended with this process: nothing stays mounted or running
    'setpriv',
    // biome-ignore format: one option a line
    ['--pdeathsig', 'TERM', 'unshare', '--mount', 'dockerd', '--bridge=none', '--iptables=false', '--ip6tables=false', '--data-root', `${folder}/data`, '--exec-root', `${folder}/exec`,
      '--pidfile', `${folder}/pid`, '--host', socket],
    // in a process group of its own: Ctrl-C is for the test, which then stops it
    { stdio: 'ignore', detached: true },
  )
  const docker = client(['--host', socket])
  await until(async () => docker('version').catch(() => false), { within: 60, what: 'dockerd answers' })
  const command = ['docker', '--host', socket]
  return {
    docker,
    command,
    how: "Debian's Docker, started for this test",
    stop: () => stopEngine(daemon, folder),
  }
}

async function stopEngine(daemon: ChildProcess, folder: string): Promise<void> {
  const exited = new Promise((resolve) => daemon.once('exit', resolve))
  daemon.kill('SIGTERM')
  await exited
  await rm(folder, { recursive: true, force: true })
}

function client(options: string[]): Docker['docker'] {
  return async (...args) => {
    const { stdout } = await run('docker', [...options, ...args], { maxBuffer: 64 * 1024 * 1024 })
    return stdout
  }
}

async function aptInstall(command: string, ...packages: string[]): Promise<void> {
  if (await run('which', [command]).catch(() => undefined)) return
  console.error(`installing ${packages.join(' ')} with apt-get ...`)
  await run('apt-get', ['update'])
  await run('apt-get', ['install', '-y', '--no-install-recommends', ...packages])
}

/** Debian's minimal system with the Node that runs this: what a registry's image would hold, as far as the worker sees. */
async function createStandIn(engine: Docker, image: string): Promise<void> {
  await aptInstall('debootstrap', 'debootstrap')
  const folder = await mkdtemp(join(tmpdir(), 'image-'))
  const root = `${folder}/root`
  try {
    const { suite, mirror } = await debian()
    console.error(`making a stand-in for ${image} with debootstrap (about a minute) ...`)
    await run('debootstrap', ['--variant=minbase', '--include=ca-certificates', suite, root, mirror], {
      maxBuffer: 1e8,
    })
    // any user's, as in the real one, whatever this one's umask is
    await run('install', ['-D', '--mode=755', process.execPath, `${root}/usr/local/bin/node`])
    await run('tar', ['-C', root, '-cf', `${folder}/root.tar`, '.'])
    await engine.docker('import', '--change', 'CMD ["node"]', `${folder}/root.tar`, image)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The suite and the mirror that the machine's own apt is set to. */
async function debian(): Promise<{ suite: string; mirror: string }> {
  const release = await readFile('/etc/os-release', 'utf8')
  const { stdout } = await run('apt-get', [
    'indextargets',
    '--format',
    '$(SITE) $(CODENAME)',
    'Created-By: Packages',
  ])
  const suite = /VERSION_CODENAME=(\w+)/.exec(release)?.[1] ?? 'stable'
  const mirror = stdout
    .split('\n')
    .find((line) => line.endsWith(` ${suite}`))
    ?.split(' ')[0]
  if (!mirror) throw new Error(`no apt source for ${suite}: cannot make a stand-in for the base image`)
  return { suite, mirror }
}
