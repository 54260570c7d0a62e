import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Target } from './sabotage.ts'

/** What became of one test file. */
export interface FileResult {
  readonly file: string
  readonly passed: number
  /** Each test that failed, with the first line of why; or why the file could not be run to its end. */
  readonly failures: readonly string[]
}

/** What vitest's reporter `json` writes, as far as it is read here: https://vitest.dev/guide/reporters#json-reporter */
interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly status: 'passed' | 'failed'
    readonly message: string
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly failureMessages?: readonly string[]
    }[]
  }[]
}

/**
 * Runs test files, all in one go.
 * @param folder a copy of the repository
 * @param bail whether to stop at the first failure
 * @throws Error when the tests did not run at all, or the signal fires
 */
export async function runTests(
  folder: string,
  targets: readonly Target[],
  { bail, signal }: { readonly bail: boolean; readonly signal: AbortSignal },
): Promise<readonly FileResult[]> {
  const reportFile = join(folder, '.sabotage-report.json')
  rmSync(reportFile, { force: true })
  const projects = new Set(targets.map(({ project }) => project))
  const only = targets.flatMap(({ faults = [] }) => faults)
  const args = [
    ...['node_modules/vitest/vitest.mjs', 'run', ...new Set(targets.map(({ file }) => file))],
    ...[...projects].map((project) => `--project=${project}`),
    ...['--reporter=json', `--outputFile=${reportFile}`, ...(bail ? ['--bail=1'] : [])],
  ]
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { ...process.env, ...(only.length > 0 ? { FAULTS_ONLY: only.join(',') } : {}) },
    stdio: ['ignore', 'ignore', 'pipe'],
    signal,
  })
  let last = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    last = (last + text).slice(-2_000)
  })
  await once(child, 'close')
  if (!existsSync(reportFile)) throw new Error(`vitest did not run the tests: ${last.trim()}`)
  return resultsOf(JSON.parse(readFileSync(reportFile, 'utf8')), folder)
}

function resultsOf({ testResults }: Report, folder: string): FileResult[] {
  return testResults.map(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((each) => each.status === 'failed')
    const failures = failed.map(({ fullName, failureMessages: [why = ''] = [] }) =>
      firstLine(`${fullName}: ${why}`),
    )
    return {
      file: name.slice(folder.length + 1),
      passed: assertionResults.filter((each) => each.status === 'passed').length,
      failures:
        status === 'failed' && failures.length === 0 ? [firstLine(message) || 'a hook failed'] : failures,
    }
  })
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? ''
}
