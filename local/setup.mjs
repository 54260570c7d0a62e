// Every npm script begins here, on whatever Node the machine has (18 or newer) and with none of the packages:
//
//   node local/setup.mjs                          installs what package-lock.json lists, where something is missing
//   node local/setup.mjs <module> [arguments...]  the same, and then runs the module on Node 24
//
// cdk.json's `app` begins here too, so that plain `npx cdk` needs no other Node than npm does.
import { spawn } from 'node:child_process'
import { constants, platform } from 'node:os'
import { delimiter, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { handedOn } from './setup/environment.mjs'
import { findNode } from './setup/node.mjs'
import { installPackages } from './setup/packages.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const [module, ...args] = process.argv.slice(2)

try {
  if (platform() === 'win32')
    throw new Error('Warren runs on Linux, macOS and WSL 2, not on native Windows: open a WSL 2 shell')
  await installPackages(root, process.env)
  const { program, packaged, env } = findNode(root, handedOn(process.env))
  if (module !== undefined) {
    // what the module starts by the name of `node` is then the same one
    const PATH = packaged ? `${dirname(program)}${delimiter}${env.PATH ?? ''}` : env.PATH
    await run(program, [module, ...args], { ...env, PATH })
  }
} catch (error) {
  console.error(`warren: ${error instanceof Error ? error.message : String(error)}`)
  if (process.env.WARREN_DEBUG) console.error(error)
  process.exitCode = 1
}

/**
 * Runs a program in this one's place: it gets the signals, and this process ends as it does.
 * @param {string} program
 * @param {string[]} argv
 * @param {NodeJS.ProcessEnv} env
 */
function run(program, argv, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, argv, { env, stdio: 'inherit' })
    // Ctrl-C reaches the whole process group: this one only must not end first
    const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])
    for (const signal of signals) {
      process.on(signal, () => {
        if (signal !== 'SIGINT') child.kill(signal)
      })
    }
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal])
      resolve(undefined)
    })
  })
}
