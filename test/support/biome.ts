import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * The files of these that break one rule of biome.json.
 * @param files text by path, as if in the root of the repository
 */
export function breaking(rule: `${string}/${string}`, files: ReadonlyMap<string, string>): Set<string> {
  const folder = mkdtempSync(join(tmpdir(), 'biome-'))
  try {
    const { linter, overrides } = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'))
    writeFileSync(join(folder, 'biome.json'), JSON.stringify({ linter, overrides }))
    for (const [file, text] of files) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), text)
    }
    return new Set(lint(folder, rule))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function lint(folder: string, rule: string): string[] {
  const options = ['lint', `--only=${rule}`, '--reporter=json', '--max-diagnostics=none', '.']
  const report = outputOf(join(root, 'node_modules/.bin/biome'), options, folder)
  const { diagnostics } = JSON.parse(report) as {
    diagnostics: { location: { path: string | { file: string } } }[]
  }
  return diagnostics.map(({ location: { path } }) => (typeof path === 'string' ? path : path.file))
}

/** Also where the command fails. */
function outputOf(command: string, args: string[], cwd: string): string {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  } catch (error) {
    return (error as { stdout: string }).stdout
  }
}
