import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')

/** A repository of its own in a temporary folder, where a user's commands are run; `using` removes it. */
export class Copy implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'warren-copy-'))

  constructor() {
    this.git('init', '--quiet', '--initial-branch=main')
  }

  /** Standard output of `git`. @throws Error with what git said */
  git(...args: readonly string[]): string {
    return execFileSync('git', args, { cwd: this.folder, encoding: 'utf8', env: environment() }).trim()
  }

  /** What a shell makes of a line of the docs. */
  sh(line: string): { readonly status: number | null; readonly output: string } {
    const { status, stdout, stderr } = spawnSync('sh', ['-c', line], {
      cwd: this.folder,
      encoding: 'utf8',
      env: environment(),
      maxBuffer: 2 ** 28,
    })
    return { status, output: stdout + stderr }
  }

  read(file: string): string {
    return readFileSync(join(this.folder, file), 'utf8')
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.folder, file), text)
  }

  /** @throws Error when the edit leaves the file as it was: the test would show nothing */
  edit(file: string, change: (text: string) => string): void {
    const before = this.read(file)
    const after = change(before)
    if (after === before) throw new Error(`${file} has no longer what the test changes in it`)
    this.write(file, after)
  }

  /** Everything that git knows or would add here, as it stands now, as one commit. */
  commitWorkTree(): void {
    const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
    const files = execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\0')
    for (const file of files.filter((name) => name !== '' && existsSync(join(root, name))))
      cpSync(join(root, file), join(this.folder, file))
    this.commitAll('the template')
  }

  commitAll(message: string): void {
    this.git('add', '--all')
    this.git('commit', '--quiet', '--message', message)
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/**
 * The only line of shell in README or docs that has these words.
 * @throws Error when there is none, or more than one
 */
export function documented(file: string, words: string): string {
  const blocks = readFileSync(join(root, file), 'utf8').matchAll(/^ *```sh\n([\s\S]*?)^ *```/gm)
  const lines = [...blocks].flatMap(([, block = '']) => block.split('\n')).map((line) => line.trim())
  const [line, ...others] = lines.filter((each) => each.includes(words))
  if (line === undefined || others.length > 0)
    throw new Error(
      `${file} has ${others.length} lines of shell with ${JSON.stringify(words)}, must have one`,
    )
  return line
}

/** The user's environment, without what vitest adds and with an author for commits. */
function environment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(VITEST|NODE_ENV|TEST|DEV|PROD|GIT_)/.test(name),
  )
  const author = { GIT_AUTHOR_NAME: 'user', GIT_AUTHOR_EMAIL: 'user@example.org' }
  const committer = { GIT_COMMITTER_NAME: 'user', GIT_COMMITTER_EMAIL: 'user@example.org' }
  return { ...Object.fromEntries(inherited), ...author, ...committer, GIT_CONFIG_GLOBAL: '/dev/null' }
}
