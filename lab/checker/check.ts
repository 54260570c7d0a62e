import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** What the checker says of a history. */
export interface Verdict {
  /** One line each; empty when all guarantees held. */
  readonly violations: readonly string[]
  /** What it has read, or why it has read nothing. */
  readonly summary: string
}

/** Runs the checker, where this machine has a python3. */
export async function checkHistory(file: string): Promise<Verdict> {
  const { stdout, failed } = await runPython(`${import.meta.dirname}/check.py`, file)
  if (failed === 'ENOENT')
    return { violations: [], summary: 'not checked independently: there is no python3 on the PATH' }
  const lines = stdout.trimEnd().split('\n')
  const summary = lines.pop() ?? ''
  if (failed !== undefined && failed !== 1) throw new Error(`the checker failed with ${failed}: ${stdout}`)
  return { violations: lines, summary }
}

async function runPython(...args: readonly string[]) {
  try {
    const { stdout } = await promisify(execFile)('python3', args, { maxBuffer: 64 * 2 ** 20 })
    return { stdout, failed: undefined }
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code: unknown; stdout?: string; stderr?: string }
    return { stdout: stdout + stderr, failed: code }
  }
}
