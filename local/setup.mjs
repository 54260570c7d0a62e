// Runs before every npm script, on whatever Node the machine has (18 or newer): installs the locked packages
// when the lock changed, and makes sure that the rest of the script then runs on the pinned Node 24.
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { platform } from 'node:os'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const lock = createHash('sha256')
  .update(readFileSync(`${root}package-lock.json`))
  .digest('hex')
const stamp = `${root}node_modules/.warren-lock`

if (platform() === 'win32')
  fail('warren runs on Linux, macOS and WSL 2, not on native Windows: open a WSL 2 shell and try again')

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  console.error('warren: installing the npm packages of package-lock.json (about 400 MB, once) ...')
  // no install script is needed by any package, so none is run
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  })
  if (npm.status !== 0)
    fail(
      'npm ci failed (see above): check that the package registry can be reached, then run the command again',
    )
  writeFileSync(stamp, lock)
}

const wanted = 24
const found = nodeVersion()
if (Number(found.split('.')[0]) !== wanted) {
  fail(
    `Node ${wanted} is needed, this shell's node is ${found || 'missing'} and no packaged one fits ${platform()} ${process.arch}: install Node ${wanted} (https://nodejs.org) and run the command again`,
  )
}

/** The version of the `node` that the next command of this npm script will get. */
function nodeVersion() {
  try {
    return execFileSync('node', ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim()
  } catch {
    return ''
  }
}

/** @param {string} message */
function fail(message) {
  console.error(`warren: ${message}`)
  process.exit(1)
}
