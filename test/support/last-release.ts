import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { Definitions } from '../../services/contract/definitions.ts'
import type { TopologySettings } from '../../services/contract/topology.ts'

/**
 * The last commit before priorities could be tenants', tasks could be sent for later and handlers could send: what a
 * system may run that is now updated. It moves on with each release.
 */
const commit = '746013cbe85bc2c0642587cc66888dcf398f42e4'

const root = resolve(import.meta.dirname, '../..')
const cache = join(root, '.warren')
const run = promisify(execFile)

/** Code of an earlier release, which runs beside this one. */
export interface Release {
  /** Folder of its bundles. */
  readonly bundles: string
  /** What its deployment gives the broker. */
  definitions(settings: TopologySettings): Promise<Definitions>
}

/**
 * Takes the last release out of this repository's history and builds its bundles, with the packages of today.
 * @returns why there is none where the history does not reach back to it: in a shallow clone, or in a copy of the template
 */
export async function lastRelease(): Promise<Release | string> {
  try {
    execFileSync('git', ['cat-file', '-e', `${commit}^{commit}`], { cwd: root, stdio: 'ignore' })
  } catch {
    return `this repository's history has no commit ${commit.slice(0, 7)}, which is the last release: git fetch --unshallow, in a clone of the template`
  }
  const folder = join(cache, `release-${commit.slice(0, 7)}`)
  if (!existsSync(folder)) await takeOut(folder)
  return {
    bundles: join(folder, 'dist'),
    async definitions(settings) {
      const code = `import { definitions } from './services/contract/topology.ts'
        console.log(JSON.stringify(definitions(JSON.parse(process.argv[1]))))`
      const args = ['--input-type=module', '-e', code, JSON.stringify(settings)]
      return JSON.parse((await run(process.execPath, args, { cwd: folder })).stdout)
    },
  }
}

/** Inside this repository, so that it finds the packages. */
async function takeOut(folder: string): Promise<void> {
  mkdirSync(cache, { recursive: true })
  const unfinished = mkdtempSync(`${folder}-`)
  const tar = execFileSync('git', ['archive', commit], { cwd: root, maxBuffer: 2 ** 28 })
  execFileSync('tar', ['-x', '-C', unfinished], { input: tar })
  await run(process.execPath, ['local/bundle-main.ts', join(unfinished, 'dist')], { cwd: unfinished })
  try {
    renameSync(unfinished, folder)
  } catch (error) {
    // another run of the tests was faster
    rmSync(unfinished, { recursive: true })
    if (!existsSync(folder)) throw error
  }
}
