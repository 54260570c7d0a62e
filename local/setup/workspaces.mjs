import { existsSync } from 'node:fs'
import { join } from 'node:path'

/**
 * @typedef {{ link?: boolean, resolved?: string, dependencies?: Record<string, string>,
 *   devDependencies?: Record<string, string>, optionalDependencies?: Record<string, string>,
 *   peerDependencies?: Record<string, string> }} Locked an entry of package-lock.json
 */

/**
 * The packages of package-lock.json that npm leaves out since only workspaces need them whose folders were deleted:
 * the link to such a workspace, and what nothing else depends on.
 * @param {Record<string, Locked>} locked
 * @param {string} root
 * @returns {Set<string>} their folders
 */
export function packagesOfDeleted(locked, root) {
  const links = Object.keys(locked).filter((folder) => locked[folder]?.link)
  const deleted = links.filter(
    (folder) => !existsSync(join(root, locked[folder]?.resolved ?? '', 'package.json')),
  )
  if (deleted.length === 0) return new Set()
  const kept = reachable(locked, ['', ...links.filter((folder) => !deleted.includes(folder))])
  const left = [...reachable(locked, deleted)].filter((folder) => !kept.has(folder))
  return new Set(left)
}

/**
 * The folders of what these packages are and depend on, as Node finds it: in the nearest node_modules.
 * @param {Record<string, Locked>} locked
 * @param {string[]} from
 */
function reachable(locked, from) {
  /** @type {Set<string>} */
  const found = new Set()
  const waiting = [...from]
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const entry = locked[folder]
    if (entry === undefined || found.has(folder)) continue
    found.add(folder)
    if (entry.link) waiting.push(entry.resolved ?? '')
    const names = Object.keys({
      ...entry.dependencies,
      ...entry.devDependencies,
      ...entry.optionalDependencies,
      ...entry.peerDependencies,
    })
    waiting.push(...names.flatMap((name) => nearest(locked, folder, name)))
  }
  return found
}

/**
 * @param {Record<string, Locked>} locked
 * @param {string} folder
 * @param {string} name
 * @returns {string[]} none, where it is an optional one that is not locked
 */
function nearest(locked, folder, name) {
  for (let from = folder; ; from = from.replace(/(^|\/)(node_modules\/(@[^/]+\/)?)?[^/]+$/, '')) {
    const candidate = from === '' ? `node_modules/${name}` : `${from}/node_modules/${name}`
    if (locked[candidate]) return [candidate]
    if (from === '') return []
  }
}
