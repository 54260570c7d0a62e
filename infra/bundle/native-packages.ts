import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** A CPU that containers run on, in Node's words. */
export type Cpu = 'arm64' | 'x64'

/**
 * Installs packages with compiled code into `outdir`/node_modules for Linux on `cpu`, at the versions that the
 * project's package.json pins among its dependencies.
 * @throws Error that names a package which package.json does not pin, or says that npm could not install them
 */
export function installNativePackages(names: readonly string[], outdir: string, cpu: Cpu): void {
  if (names.length === 0) return
  const root = resolve(import.meta.dirname, '../..')
  const pinned: Record<string, string> = JSON.parse(
    readFileSync(resolve(root, 'package.json'), 'utf8'),
  ).dependencies
  const unpinned = names.filter((name) => pinned[name] === undefined)
  if (unpinned.length > 0) {
    throw new Error(
      `services/tasks/native-packages.ts names ${unpinned.join(', ')}, which package.json does not have: run npm install --save-exact ${unpinned.join(' ')}`,
    )
  }
  const dependencies = Object.fromEntries(names.map((name) => [name, pinned[name]]))
  writeFileSync(
    resolve(outdir, 'package.json'),
    JSON.stringify({ private: true, type: 'module', dependencies }),
  )
  const forContainer = [
    '--os=linux',
    `--cpu=${cpu}`,
    '--libc=glibc',
    '--ignore-scripts',
    // the compiled code itself is often one, and an .npmrc may leave them out
    '--include=optional',
    '--no-audit',
    '--no-fund',
  ]
  try {
    execFileSync('npm', ['install', ...forContainer], { cwd: outdir, stdio: ['ignore', 'ignore', 'pipe'] })
  } catch (cause) {
    throw new Error(
      `npm could not install ${names.join(', ')} for ${cpu}: is the package registry in reach?`,
      { cause },
    )
  }
}
