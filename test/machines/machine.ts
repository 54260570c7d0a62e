import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../..')
const tools = join(root, '.warren/machines')

/** The versions of what a machine has before Warren is cloned. */
export interface Versions {
  readonly npm: string
  readonly node: string
}

/** What a command printed, standard error included. @throws Error with the same when it fails */
export type Run = (...command: readonly [string, ...string[]]) => Promise<string>

/**
 * A folder with `node` and `npm` of these versions, from the registry: what the packages `node` and `npm` hold. It is
 * kept for the next time.
 */
export async function programs({ npm, node }: Versions): Promise<string> {
  const packaged = await installed(`node-${process.platform}-${process.arch}`, node)
  const cli = join(await installed('npm', npm), 'bin/npm-cli.js')
  const bin = join(tools, `node-${node}-npm-${npm}`)
  await rm(bin, { recursive: true, force: true })
  await mkdir(bin)
  await symlink(join(packaged, 'bin/node'), join(bin, 'node'))
  await writeFile(join(bin, 'npm'), `#!/bin/sh\nexec node '${cli}' "$@"\n`)
  await chmod(join(bin, 'npm'), 0o755)
  return bin
}

/** The folder of a package that runs nothing when it is installed. */
async function installed(name: string, version: string): Promise<string> {
  const folder = join(tools, `${name}-${version}`)
  const found = join(folder, 'node_modules', name)
  const has = await readFile(join(found, 'package.json'), 'utf8').catch(() => '{}')
  if (JSON.parse(has).version === version) return found
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), '{ "private": true }')
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--force', `--prefix=${folder}`]
  await run('npm', ['install', ...options, `${name}@${version}`], { cwd: folder, env: ownEnvironment() })
  return found
}

/** The environment of this process, less what npm and the tests have put into it. */
export function ownEnvironment(): NodeJS.ProcessEnv {
  const added = /^(npm_|VITEST|NODE_ENV$|INIT_CWD$|TEST$|DEV$|PROD$|MODE$)/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !added.test(name)))
}

/** A fresh clone, as the working tree is now, that nobody but its user can read; `await using` removes it. */
export async function clone(name: string): Promise<AsyncDisposable & { readonly folder: string }> {
  const outside = await mkdtemp(join(tmpdir(), 'warren-machine-'))
  // somebody keeps all that they clone in one workspace
  await writeFile(join(outside, 'package.json'), '{ "private": true, "workspaces": ["*"] }')
  const folder = join(outside, name)
  const listed = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate']
  const deleted = await run('git', ['ls-files', '-z', '--deleted'], { cwd: root })
  const { stdout } = await run('git', listed, { cwd: root, maxBuffer: 1e8 })
  const gone = new Set(deleted.stdout.split('\0'))
  for (const file of stdout.split('\0').filter((each) => !gone.has(each))) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await cp(join(root, file), join(folder, file))
  }
  await run('chmod', ['-R', 'go=', folder])
  return { folder, [Symbol.asyncDispose]: () => rm(outside, { recursive: true, force: true }) }
}

/**
 * Settings of npm that people have for other reasons, on top of this user's own; written into `folder`.
 * @returns the file
 */
export async function settingsOfNpm(folder: string): Promise<string> {
  const file = join(folder, '../npmrc')
  const own = await readFile(process.env['npm_config_userconfig'] ?? join(homedir(), '.npmrc'), 'utf8').catch(
    () => '',
  )
  const others = [
    'omit[]=dev',
    'omit[]=optional',
    'engine-strict=true',
    'package-lock=false',
    'bin-links=false',
  ]
  await writeFile(file, [own, ...others, 'legacy-peer-deps=true', 'prefer-offline=true', ''].join('\n'))
  return file
}
