import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** The major version that everything runs on. */
const wanted = '24'

/**
 * The Node that everything runs on: the packaged one, which is looked for where npm unpacks it. npm before 11.6 leaves
 * node_modules/.bin/node out, since packages for other platforms, which it skips, have a program of the same name:
 * https://github.com/npm/cli/issues/4362. After it this process's own, and the one on the PATH.
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env
 * @returns {{ program: string, packaged: boolean, env: NodeJS.ProcessEnv }} the env without a NODE_OPTIONS that it refuses
 * @throws Error that says what was tried
 */
export function findNode(root, env) {
  const platform = `${process.platform}-${process.arch}`
  const packages = [`node-${platform}`, `node-bin-${platform}`]
    .map((name) => join(root, 'node_modules', name, 'bin/node'))
    .filter((file) => existsSync(file))
  const tried = []
  for (const program of [...packages, process.execPath, 'node']) {
    const packaged = packages.includes(program)
    const said = ask(program, env)
    if (isWanted(said)) return { program, packaged, env }
    const { NODE_OPTIONS, ...without } = env
    if (NODE_OPTIONS && isWanted(ask(program, without))) {
      console.error(`warren: Node ${wanted} refuses NODE_OPTIONS, so it runs without it: ${said}`)
      return { program, packaged, env: without }
    }
    tried.push(`${program} (${said})`)
  }
  throw new Error(
    `Warren needs Node ${wanted} and found none for ${platform} (tried ${tried.join(', ')}): install Node ${wanted} (https://nodejs.org) and run the command again`,
  )
}

/** @param {string} said */
const isWanted = (said) => said.startsWith(`${wanted}.`)

/**
 * The version that a program says it is, or why it says none.
 * @param {string} program
 * @param {NodeJS.ProcessEnv} env
 */
function ask(program, env) {
  // this process runs already, with these options
  if (program === process.execPath && env['NODE_OPTIONS'] === process.env['NODE_OPTIONS'])
    return process.versions.node
  const { stdout, stderr, error } = spawnSync(program, ['-p', 'process.versions.node'], {
    env,
    encoding: 'utf8',
  })
  return error?.message ?? (stdout.trim() || stderr.trim().split('\n').pop() || 'no answer')
}
