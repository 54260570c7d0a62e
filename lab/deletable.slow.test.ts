import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Copy, documented, root } from '../test/support/copy-of-template.ts'

// npm ci, and then all tests of the product
const minutes = 60_000

describe('a copy that deleted lab/ by the line in the README', () => {
  const copy = new Copy()
  afterAll(() => copy[Symbol.dispose]())
  beforeAll(() => {
    copy.commitWorkTree()
    expect(copy.sh(documented('README.md', 'git rm -rq')).output).toBe('')
  })

  /** Fails with the end of what the command printed. */
  function succeeds(line: string): string {
    const { status, output } = copy.sh(line)
    expect(status, `${line}:\n${output.slice(-4_000)}`).toBe(0)
    return output
  }

  it('differs from the template in lab/ alone', () => {
    const changed = copy.git('status', '--porcelain').split('\n')
    expect(changed.length).toBeGreaterThan(100)
    expect(changed.filter((line) => !/^D {2}lab\//.test(line))).toEqual([])
  })

  it(
    'installs its packages, without those of lab/, and passes the check',
    () => {
      succeeds('npm run check')
      const { devDependencies } = JSON.parse(readFileSync(join(root, 'lab/package.json'), 'utf8'))
      expect(Object.keys(devDependencies).length).toBeGreaterThan(0)
      for (const name of Object.keys(devDependencies))
        expect(copy.sh(`test -e node_modules/${name}`).status, name).toBe(1)
      expect(
        copy
          .git('status', '--porcelain')
          .split('\n')
          .filter((line) => !/^D {2}lab\//.test(line)),
      ).toEqual([])
    },
    15 * minutes,
  )

  it.each(['sandbox', 'production'])(
    'synthesizes %s',
    (environment) => {
      succeeds(`npm run synth -- ${environment} -- --strict --quiet`)
    },
    5 * minutes,
  )

  it(
    'starts, with npm start, what npm run dev does',
    () => {
      expect(succeeds('npm start --silent -- --help')).toBe(succeeds('npm run dev --silent -- --help'))
    },
    minutes,
  )

  it('has no command whose file is gone', () => {
    const { scripts } = JSON.parse(copy.read('package.json')) as { scripts: Record<string, string> }
    const files = Object.values(scripts).flatMap((command) => command.match(/[\w./-]+\.(ts|mjs)\b/g) ?? [])
    expect(files.length).toBeGreaterThan(10)
    expect(files.filter((file) => copy.sh(`test -e ${file}`).status !== 0)).toEqual([])
  })

  it(
    'passes all its tests',
    () => {
      expect(succeeds('npm test')).toMatch(/\b0 failed\b/)
    },
    30 * minutes,
  )
})
