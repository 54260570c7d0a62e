import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

const repository = resolve(import.meta.dirname, '../..')
export const platform = `${process.platform}-${process.arch}`

/** Entries of a package-lock.json, or of npm's account of what is installed. */
export type Entries = Record<string, Record<string, unknown>>

const fits = { os: [process.platform], cpu: [process.arch] }

/** One package of each kind that package-lock.json has. */
export const kinds: Entries = {
  '': {},
  'node_modules/plain': { version: '1.0.0', integrity: 'sha512-plain' },
  'node_modules/tool': { version: '2.0.0', integrity: 'sha512-tool', dev: true },
  'node_modules/native': { version: '3.0.0', integrity: 'sha512-native', optional: true, ...fits },
}

/** What package-lock.json has besides, and this machine needs not have. */
export const elsewhere: Entries = {
  'node_modules/for-another-system': { version: '1.0.0', optional: true, os: ['none'] },
  'node_modules/for-another-cpu': { version: '1.0.0', optional: true, cpu: ['none'] },
  'node_modules/for-a-c-library': { version: '1.0.0', optional: true, ...fits, libc: ['glibc'] },
  'node_modules/of-one-for-another-cpu': { version: '1.0.0', optional: true },
}

/** A project with the set-up as it is here, another package-lock.json, and an npm that the test writes. */
export class Project {
  /** Such a path as people have. */
  readonly folder = join(mkdtempSync(join(tmpdir(), 'warren-setup-')), 'a clone für Ö')
  /** Where its npm is. */
  readonly bin = join(this.folder, '../bin')

  constructor(locked: Entries = { ...kinds, ...elsewhere }) {
    mkdirSync(this.folder)
    cpSync(join(repository, 'local/setup.mjs'), join(this.folder, 'local/setup.mjs'))
    cpSync(join(repository, 'local/setup'), join(this.folder, 'local/setup'), { recursive: true })
    this.write('package-lock.json', JSON.stringify({ packages: locked }))
    this.npm('exit 1')
  }

  write(file: string, content: string): void {
    mkdirSync(dirname(join(this.folder, file)), { recursive: true })
    writeFileSync(join(this.folder, file), content)
  }

  /** Puts packages there, and npm's account of them. */
  install(entries: Entries): void {
    for (const folder of Object.keys(entries)) this.write(join(folder, 'package.json'), '{}')
    this.write('node_modules/.package-lock.json', JSON.stringify({ packages: entries }))
  }

  /** Puts a shell script into the place of npm; "$@" are its arguments. It leaves what it was asked in `asked`. */
  npm(script: string): void {
    const told = `{ printf '%s\\n' "$@"; echo "NODE_ENV=\${NODE_ENV-}"; echo "PATH=$PATH"; } >'${this.folder}/asked'`
    this.program(join(this.bin, 'npm'), `${told}\n${script}`)
  }

  program(file: string, script: string): void {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `#!/bin/sh\n${script}\n`)
    chmodSync(file, 0o755)
  }

  /** npm's last arguments and environment, a line each; undefined when it was not started. */
  asked(): string[] | undefined {
    try {
      return readFileSync(join(this.folder, 'asked'), 'utf8').split('\n')
    } catch {
      return undefined
    }
  }

  start(args: readonly string[], variables: NodeJS.ProcessEnv = {}) {
    const { NODE_OPTIONS: _, ...env } = process.env
    const PATH = `${this.bin}:/usr/bin:/bin`
    return spawn(process.execPath, ['local/setup.mjs', ...args], {
      cwd: this.folder,
      env: { ...env, PATH, ...variables },
    })
  }

  async run(args: readonly string[] = [], variables: NodeJS.ProcessEnv = {}) {
    const child = this.start(args, variables)
    const output = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output.stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output.stderr += text
    })
    const [status] = await once(child, 'close')
    return { status, ...output }
  }

  remove(): void {
    rmSync(dirname(this.folder), { recursive: true })
  }
}
