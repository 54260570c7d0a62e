import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { run } from './run.ts'

/** The folder for what is installed once per machine: `$XDG_CACHE_HOME/warren`, by default `~/.cache/warren`. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  return join(env['XDG_CACHE_HOME'] || join(env['HOME'] || ownHome(), '.cache'), 'warren')
}

function ownHome(): string {
  try {
    return homedir()
  } catch (cause) {
    throw new Error('HOME is not set, and this user has no home: set XDG_CACHE_HOME to a folder that stays', {
      cause,
    })
  }
}

/** Removes the cache; false when there was none. Brokers that run from it must be stopped before. */
export async function cleanCache(options: { env: NodeJS.ProcessEnv }): Promise<boolean> {
  const size = await cacheSize(options)
  await rm(cacheFolder(options.env), { recursive: true, force: true })
  return size > 0
}

/** Size of the cache on disk in MB; 0 when there is none. */
export async function cacheSize({ env }: { env: NodeJS.ProcessEnv }): Promise<number> {
  try {
    const output = await run(['du', '-sk', cacheFolder(env)], { env })
    return Math.round(Number.parseInt(output, 10) / 1024)
  } catch {
    return 0
  }
}

/**
 * Does the work while no other process on this machine does it for the same cache (Linux: flock of util-linux,
 * whose lock the kernel gives up when its holder dies).
 *
 * @param onWait called once when another process has the lock
 */
export async function withCacheLock<Result>(
  env: NodeJS.ProcessEnv,
  onWait: () => void,
  work: () => Promise<Result>,
): Promise<Result> {
  const folder = cacheFolder(env)
  await mkdir(folder, { recursive: true })
  const file = join(folder, 'lock')
  const script = 'exec 9>"$1"; flock --nonblock 9 || { echo waiting; flock 9; }; echo locked; cat >/dev/null'
  const holder = spawn('sh', ['-c', script, 'sh', file], {
    env,
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const exited = once(holder, 'exit')
  try {
    for await (const text of holder.stdout.setEncoding('utf8')) {
      if (text.includes('waiting')) onWait()
      if (text.includes('locked')) return await work()
    }
    throw new Error(`could not lock ${file}: is its folder writable?`)
  } finally {
    holder.stdin.end()
    await exited
  }
}
