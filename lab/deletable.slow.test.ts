import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const [, removal = ''] = /git rm -r ([\s\S]*?)\nnpm pkg delete/.exec(readme) ?? []
const [, scripts = ''] = /npm pkg delete (.*)/.exec(readme) ?? []
const deleted = removal.split(/[\s\\]+/).filter(Boolean)

describe('without what the README says may be deleted', () => {
  const copy = mkdtempSync(join(tmpdir(), 'deletable-'))
  beforeAll(() => {
    const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0')
    for (const file of files.filter((name) => name !== '' && existsSync(join(root, name)))) {
      cpSync(join(root, file), join(copy, file))
    }
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
    for (const path of deleted) rmSync(join(copy, path), { recursive: true })
  })
  afterAll(() => rmSync(copy, { recursive: true }))

  it('everything else compiles', () => {
    expect(deleted.length).toBeGreaterThan(5)
    expect(() =>
      execFileSync(join(root, 'node_modules/.bin/tsc'), { cwd: copy, stdio: 'pipe' }),
    ).not.toThrow()
  })

  it('the templates are the same', () => {
    const vitest = join(root, 'node_modules/vitest/vitest.mjs')
    const args = [
      vitest,
      'run',
      '--project',
      'infra',
      'test/infra/stacks.test.ts',
      'test/infra/wiring.test.ts',
    ]
    expect(execFileSync(process.execPath, args, { cwd: copy, encoding: 'utf8' })).toMatch(/passed/)
  }, 300_000)

  it('no other script of package.json starts what is gone', () => {
    const { scripts: all } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    const gone = new Set(scripts.split(' ').map((name) => name.replace('scripts.', '')))
    const left = Object.entries<string>(all).filter(([name]) => !gone.has(name))
    const broken = left.filter(([, command]) => deleted.some((path) => command.includes(path)))
    expect(broken).toEqual([])
  })
})
