import { execFileSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/**
 * A program in Python from PyPI, in an environment of its own under `.warren/`: installed where it is not yet. Needs Python
 * 3.10 or newer with venv.
 * @param requirement such as `checkov==3.3.30`
 * @returns the folder of its programs, `python` among them
 * @throws Error with what Python or pip said
 */
export function installPrograms(requirement: string): string {
  const folder = resolve(import.meta.dirname, '../../.warren', requirement.replace('==', '-'))
  const programs = join(folder, 'bin')
  const complete = join(folder, 'complete')
  if (existsSync(complete)) return programs
  rmSync(folder, { recursive: true, force: true })
  const run = (command: string, ...args: string[]) => execFileSync(command, args, { stdio: 'pipe' })
  run('python3', '-m', 'venv', folder)
  run(join(programs, 'python'), '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', requirement)
  writeFileSync(complete, '')
  return programs
}
