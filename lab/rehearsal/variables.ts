import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Those that Node itself reads. */
const nodesOwn = /^NODE_/

/**
 * @throws Error that names each variable which the template gives to a program and nothing in its code reads: the two
 * sides have different names for it, and where it has a default nobody would notice.
 */
export function checkVariables(what: string, folder: string, names: readonly string[]): void {
  const code = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.[cm]?js$/.test(file))
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .join('\n')
  const unread = names.filter((name) => !nodesOwn.test(name) && !new RegExp(`\\b${name}\\b`).test(code))
  if (unread.length === 0) return
  throw new Error(
    `${what} is given ${unread.join(', ')}, which nothing in its code reads: template and code have different names for it`,
  )
}
