import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { installNativePackages } from '../../infra/bundle/native-packages.ts'

describe('packages with compiled code', () => {
  const folder = mkdtempSync(join(tmpdir(), 'native-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it("are installed for the container's CPU, whatever this machine is", ({ skip }) => {
    try {
      execFileSync('npm', ['view', 'esbuild', 'version'], { stdio: 'ignore' })
    } catch {
      skip('the package registry cannot be reached')
    }
    // esbuild stands for any package that ships one binary per CPU
    installNativePackages(['esbuild'], folder, 'arm64')
    expect(existsSync(join(folder, 'node_modules/@esbuild/linux-arm64/bin/esbuild'))).toBe(true)
    expect(existsSync(join(folder, 'node_modules/@esbuild/linux-x64'))).toBe(false)
  })

  it('must be pinned in package.json', () => {
    expect(() => installNativePackages(['sharp'], folder, 'x64')).toThrow(/npm install --save-exact sharp/)
  })
})
