import { existsSync } from 'node:fs'
import { chmod, mkdir, rename, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheFolder, withCacheLock } from './cache.ts'
import { findMirror, suite, withAptProxies } from './debian-mirror.ts'
import { debootstrapProgress } from './debian-progress.ts'
import { unshare } from './debian-run.ts'
import { run } from './run.ts'
import { untilInputCloses } from './supervise.ts'

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'
const neededMb = 700

/**
 * The folder of the package tree, installed now if this machine does not have it yet.
 * @param progress told what happens, one line per call
 */
export async function debianTree(env: NodeJS.ProcessEnv, progress: (line: string) => void): Promise<string> {
  const tree = join(cacheFolder(env), `rabbitmq-${suite}`)
  if (existsSync(tree)) return tree
  const onWait = () => progress('another command is installing RabbitMQ: waiting for it')
  await withCacheLock(env, onWait, async () => {
    if (!existsSync(tree)) await install(tree, env, progress)
  })
  return tree
}

async function install(
  tree: string,
  env: NodeJS.ProcessEnv,
  progress: (line: string) => void,
): Promise<void> {
  await checkDisk(cacheFolder(env))
  const aptEnv = await withAptProxies({ ...env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' })
  const mirror = await findMirror(aptEnv)
  await needDebootstrap(aptEnv, progress)
  progress(
    `installing RabbitMQ 4.3 and Erlang from Debian ${suite} (${mirror}) into ${tree}: ` +
      '90 MB to download, 200 MB on disk, one to three minutes, once',
  )
  const beside = `${tree}.installing`
  await rm(beside, { recursive: true, force: true })
  const onLine = debootstrapProgress(progress)
  // debootstrap mounts into its tree: in namespaces of its own, which end with this process
  const watched = [
    ...unshare,
    '--mount-proc',
    'sh',
    '-c',
    untilInputCloses,
    'sh',
    ...debootstrap(beside, mirror),
  ]
  await run(watched, { env: aptEnv, tied: true, onLine })
  await finish(beside)
  await rename(beside, tree)
  progress(`RabbitMQ is installed in ${tree}; npm run clean removes it`)
}

function debootstrap(folder: string, mirror: string): string[] {
  const checked = ['--force-check-gpg', `--keyring=${keyring}`]
  // older machines' debootstrap has no script for this suite; that of sid is the one Debian links it to
  const script = '/usr/share/debootstrap/scripts/sid'
  const what = ['--variant=minbase', '--merged-usr', '--include=rabbitmq-server']
  return ['debootstrap', ...what, ...checked, suite, folder, mirror, script]
}

async function finish(tree: string): Promise<void> {
  const unneeded = [
    'var/cache/apt',
    'var/lib/apt/lists',
    ...['doc', 'man', 'locale', 'info'].map((x) => `usr/share/${x}`),
  ]
  for (const folder of unneeded) await rm(join(tree, folder), { recursive: true, force: true })
  await writeFile(join(tree, 'etc/hosts'), '127.0.0.1 localhost\n::1 localhost\n')
  // for RabbitMQ's own user, whatever this one's umask is
  await chmod(join(tree, 'etc/hosts'), 0o644)
}

async function checkDisk(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const { bavail, bsize } = await statfs(folder)
  const freeMb = Math.floor((bavail * bsize) / 1024 ** 2)
  if (freeMb < neededMb)
    throw new Error(
      `installing RabbitMQ needs ${neededMb} MB in ${folder}, which has ${freeMb} MB free: make room or set XDG_CACHE_HOME`,
    )
}

async function needDebootstrap(env: NodeJS.ProcessEnv, progress: (line: string) => void): Promise<void> {
  const programs = ['/usr/sbin/debootstrap', '/usr/bin/gpgv', keyring]
  if (programs.every((file) => existsSync(file))) return
  const packages = ['debootstrap', 'gpgv', 'debian-archive-keyring']
  progress(`installing ${packages.join(', ')} on this machine with apt-get`)
  const command = ['apt-get', 'install', '--yes', '--quiet', '--no-install-recommends', ...packages]
  try {
    await run(command, { env })
  } catch {
    // the usual reason is package lists that are missing or old
    await run(['apt-get', 'update', '--quiet'], { env })
    await run(command, { env })
  }
}
