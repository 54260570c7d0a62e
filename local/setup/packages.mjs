import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, sep } from 'node:path'
import { remedyFor } from './remedies.mjs'
import { packagesOfDeleted } from './workspaces.mjs'

/**
 * @typedef {{ version?: string, integrity?: string, optional?: boolean,
 *   os?: string[], cpu?: string[], libc?: string[] }} Locked an entry of package-lock.json
 */

/**
 * Installs the packages of package-lock.json, where one of them is not there as locked: never installed, another
 * version, an installation that was cut off or that left a kind of package out.
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env
 * @throws Error that says why it did not work, and what to do
 */
export async function installPackages(root, env) {
  if (missingPackages(root).length === 0) return
  console.error('warren: installing the npm packages of package-lock.json (about 400 MB, once) ...')
  const logs = mkdtempSync(join(tmpdir(), 'warren-npm-'))
  try {
    const npm = spawnSync('npm', [...installation(root), `--logs-dir=${logs}`], {
      cwd: root,
      env: forNpm(root, env),
      stdio: ['ignore', 2, 2],
    })
    if (npm.error) throw new Error(`npm could not be started (${npm.error.message}): is it installed?`)
    if (npm.signal !== null) throw new Error(`npm was ended by ${npm.signal}: run the command again`)
    if (npm.status !== 0) throw new Error(remedyFor(codeIn(logs), npm.status))
  } finally {
    rmSync(logs, { recursive: true, force: true })
  }
  const missing = missingPackages(root)
  if (missing.length > 0) {
    const some = missing.slice(0, 5).join(', ')
    throw new Error(
      `npm ci reported success and left out ${missing.length} packages of package-lock.json (${some}${missing.length > 5 ? ', ...' : ''}): look for settings of npm that leave packages out (npm config list), then run the command again`,
    )
  }
}

/**
 * What npm is asked to do. Each option overrides one that somebody's .npmrc or environment may have.
 * @param {string} root
 */
export function installation(root) {
  // the whole of package-lock.json is wanted: also in production, where the tools are what is run
  const all = ['--include=dev', '--include=optional', '--include=peer', '--bin-links=true']
  // no install script is needed by any package, so none is run
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  // this folder, though it may stand in a workspace of somebody's; its lock file, and as npm does it by default
  const here = [`--prefix=${root}`, '--global=false', '--dry-run=false', '--package-lock=true']
  const plain = ['--install-strategy=hoisted', '--legacy-peer-deps=false', '--strict-peer-deps=false']
  // the Node that package.json asks for is among the packages
  return ['ci', ...quiet, ...all, ...here, ...plain, '--engine-strict=false']
}

/**
 * npm's environment: without NODE_ENV, which would leave packages out, and without the folder that it replaces.
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env
 */
function forNpm(root, { NODE_ENV: _, ...env }) {
  const replaced = join(root, 'node_modules') + sep
  const folders = (env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !`${folder}${sep}`.startsWith(replaced))
  // set where `npm run` was given a workspace: not this one
  const { npm_config_workspace: _w, npm_config_workspaces: _ws, ...rest } = env
  return { ...rest, PATH: folders.join(delimiter) }
}

/**
 * The packages of package-lock.json for this machine that are not there as locked: by npm's own account of what it
 * installed last, which it writes at the end, and on disk.
 * @param {string} root
 * @returns {string[]} their folders
 */
export function missingPackages(root) {
  /** @type {Record<string, Locked>} */
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const account = join(root, 'node_modules/.package-lock.json')
  /** @type {Record<string, Locked>} */
  const installed = existsSync(account) ? JSON.parse(readFileSync(account, 'utf8')).packages : {}
  const deleted = packagesOfDeleted(locked, root)
  return Object.entries(locked)
    .filter(([folder, entry]) => !deleted.has(folder) && isWanted(folder, entry, installed))
    .filter(([folder, { version, integrity }]) => {
      const there = installed[folder]
      return (
        there?.version !== version ||
        there?.integrity !== integrity ||
        !existsSync(join(root, folder, 'package.json'))
      )
    })
    .map(([folder]) => folder)
}

/**
 * Whether a package is one for this machine.
 * @param {string} folder
 * @param {Locked} entry
 * @param {Record<string, Locked>} installed
 */
function isWanted(folder, { optional, os, cpu, libc }, installed) {
  if (!folder.includes('node_modules/')) return false
  if (!optional || installed[folder]) return true
  // what fits no platform by itself belongs to a package that does, or does not; only npm knows the C library
  if (libc || (!os && !cpu)) return false
  return (
    (os ?? [process.platform]).includes(process.platform) && (cpu ?? [process.arch]).includes(process.arch)
  )
}

/**
 * The code of npm's error, by its log.
 * @param {string} logs
 */
function codeIn(logs) {
  for (const file of existsSync(logs) ? readdirSync(logs) : []) {
    const found = /^\d+ error code (\S+)$/m.exec(readFileSync(join(logs, file), 'utf8'))
    if (found) return found[1]
  }
  return undefined
}
