import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Copy } from '../support/copy-of-template.ts'
import { makeItOurs, ourEnvironments } from './make-it-ours.ts'

// npm ci, and then about 1,300 tests
const minutes = 60_000

interface Report {
  readonly numPassedTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly message: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

describe('a copy with a name, environments, worker classes, queues and a task type of its own', () => {
  const copy = new Copy()
  afterAll(() => copy[Symbol.dispose]())
  beforeAll(() => {
    copy.commitWorkTree()
    makeItOurs(copy)
    copy.commitAll('Ours')
  })

  /** Fails with the end of what the command printed. */
  function succeeds(line: string): void {
    const { status, output } = copy.sh(line)
    expect(status, `${line}:\n${output.slice(-4_000)}`).toBe(0)
  }

  it('passes the check', () => succeeds('npm run check'), 10 * minutes)

  it.each(ourEnvironments)(
    'synthesizes %s without a warning',
    (environment) => succeeds(`npm run synth -- ${environment} -- --strict --quiet`),
    5 * minutes,
  )

  it(
    'passes the tests of units and templates',
    () => {
      const file = join(copy.folder, '.warren/report.json')
      const { output } = copy.sh(
        `node local/setup.mjs node_modules/vitest/vitest.mjs run --project unit --project infra --reporter=json --outputFile=${file}`,
      )
      expect(existsSync(file), output.slice(-4_000)).toBe(true)
      const { numPassedTests, testResults } = JSON.parse(readFileSync(file, 'utf8')) as Report
      expect(failures(testResults)).toEqual([])
      expect(numPassedTests).toBeGreaterThan(1_000)
    },
    30 * minutes,
  )
})

/** What failed, by file: also files that broke outside their tests. */
const failures = (results: Report['testResults']) =>
  results.flatMap(({ name, message, assertionResults }) => {
    const failed = assertionResults.filter(({ status }) => status === 'failed')
    return failed.length > 0
      ? failed.map(({ fullName }) => `${name}: ${fullName}`)
      : message
        ? [`${name}: ${message}`]
        : []
  })
