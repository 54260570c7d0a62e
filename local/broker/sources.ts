import { existsSync, readFileSync } from 'node:fs'
import { platform } from 'node:os'
import { debianTree } from './debian-install.ts'
import { debianRuntime, unshare } from './debian-run.ts'
import { findDocker } from './docker-image.ts'
import { findOnPath } from './path-run.ts'
import { noBroker, type System } from './remedies.ts'
import { run } from './run.ts'
import type { Runtime } from './runtime.ts'

/**
 * Finds a RabbitMQ installation that private nodes can run from, in this order: PATH, Docker, Debian's packages.
 *
 * @throws an Error that says why each of them is not there and what can be done on this system
 */
export async function findRuntime(
  env: NodeJS.ProcessEnv,
  progress: (line: string) => void,
): Promise<Runtime> {
  const sources = [findOnPath, findDocker, findDebian]
  const reasons: string[] = []
  for (const source of sources) {
    const found = await source(env, progress)
    if (typeof found !== 'string') return found
    reasons.push(found)
    // what the user has, but cannot be used, is worth a line even when another source is found
    if (/Warren needs|does not work|could not pull/.test(found)) progress(`${found}: trying the next source`)
  }
  throw noBroker(thisSystem(), reasons)
}

/** Debian's package tree, installed if need be; otherwise the reason why it cannot be had here. */
async function findDebian(
  env: NodeJS.ProcessEnv,
  progress: (line: string) => void,
): Promise<Runtime | string> {
  const { distribution, isDebianLike, isRoot } = thisSystem()
  if (!isDebianLike) return `no Debian packages on ${distribution}`
  if (!isRoot) return "Debian's packages need root, and this user is not"
  try {
    await run([...unshare, 'true'], { env })
  } catch {
    return "Debian's packages need mount and PID namespaces, which this machine (a container?) does not allow root"
  }
  try {
    const tree = await debianTree(env, progress)
    return debianRuntime(tree, `Debian's packages in ${tree}`, env)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function thisSystem(): System {
  const isRoot = process.getuid?.() === 0
  if (platform() !== 'linux')
    return { platform: platform(), distribution: platform(), isDebianLike: false, isRoot }
  const file = '/etc/os-release'
  const release = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const field = (name: string) => release.match(new RegExp(`^${name}="?([^"\n]*)`, 'm'))?.[1] ?? ''
  const isDebianLike = `${field('ID')} ${field('ID_LIKE')}`.split(' ').includes('debian')
  return { platform: 'linux', distribution: field('PRETTY_NAME') || 'this Linux', isDebianLike, isRoot }
}
