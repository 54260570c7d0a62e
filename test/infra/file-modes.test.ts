import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { makeReadable } from '../../infra/bundle/bundle.ts'
import { environments } from '../../infra/environments.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'warren-modes-'))
afterAll(() => rmSync(folder, { recursive: true }))

it('bundles can be read by anybody, whatever the umask of who built them', () => {
  const outdir = join(folder, 'dist')
  underUmask077('local/bundle-main.ts', [outdir])
  expect(all(outdir)).toContain(join(outdir, 'worker/handlers'))
  expect(readdirSync(outdir).flatMap((deployable) => closed(join(outdir, deployable)))).toEqual([])
})

it('so can each asset of every environment, those that CDK adds among them', () => {
  for (const environment of Object.keys(environments)) {
    const outdir = join(folder, environment)
    const CDK_CONTEXT_JSON = JSON.stringify({ environment })
    underUmask077('infra/app.ts', [], { CDK_OUTDIR: outdir, CDK_CONTEXT_JSON })
    const assets = readdirSync(outdir).filter((file) => file.startsWith('asset.'))
    // four functions, the worker's image and CDK's own for custom resources
    expect(assets.length).toBeGreaterThanOrEqual(6)
    expect(assets.flatMap((asset) => closed(join(outdir, asset)))).toEqual([])
  }
})

it('programs stay programs, and nothing else becomes one', () => {
  const made = join(folder, 'made')
  mkdirSync(join(made, 'bin'), { recursive: true, mode: 0o700 })
  writeFileSync(join(made, 'bin/program'), '')
  writeFileSync(join(made, 'data'), '')
  chmodSync(join(made, 'bin/program'), 0o700)
  chmodSync(join(made, 'data'), 0o666)
  makeReadable(made)
  const modes = ['.', 'bin', 'bin/program', 'data'].map((file) => statSync(join(made, file)).mode & 0o777)
  expect(modes).toEqual([0o755, 0o755, 0o755, 0o644])
})

function underUmask077(module: string, args: readonly string[], variables: NodeJS.ProcessEnv = {}): void {
  execFileSync('sh', ['-c', 'umask 077; exec "$@"', 'sh', process.execPath, module, ...args], {
    cwd: root,
    env: { ...process.env, ...variables },
  })
}

/** A file or folder, and what is in it. */
function all(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path]
  return [path, ...readdirSync(path).flatMap((file) => all(join(path, file)))]
}

/** What another user could not read, or not enter. */
function closed(path: string): string[] {
  return all(path).filter((file) => {
    const stat = statSync(file)
    const needed = stat.isDirectory() ? 0o005 : 0o004
    return (stat.mode & needed) !== needed
  })
}
