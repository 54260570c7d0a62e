import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Sabotage, Target } from './sabotage.ts'

const root = resolve(import.meta.dirname, '../..')

/** A copy of the repository that may be broken; `using` removes it. */
export class SabotagedCopy implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'warren-sabotage-'))

  constructor() {
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: root,
      encoding: 'utf8',
    })
    for (const file of listed.split('\0').filter((name) => name !== ''))
      cpSync(join(root, file), join(this.#folder, file), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(this.#folder, 'node_modules'))
  }

  /**
   * Makes the change; gives the function that takes it back.
   * @throws Error unless what is to be changed stands in the file once
   */
  apply({ name, file, find, replace }: Sabotage): () => void {
    const path = join(this.#folder, file)
    const text = readFileSync(path, 'utf8')
    const found = text.split(find).length - 1
    if (found !== 1)
      throw new Error(
        `${name}: ${JSON.stringify(find)} must stand in ${file} once, stands there ${found} times`,
      )
    writeFileSync(
      path,
      text.replace(find, () => replace),
    )
    return () => writeFileSync(path, text)
  }

  /** Whether the tests of a target pass. */
  passes({ project, file, faults }: Target): boolean {
    const { status } = spawnSync(
      process.execPath,
      [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project', project, file],
      {
        cwd: this.#folder,
        env: { ...process.env, ...(faults ? { FAULTS_ONLY: faults } : {}) },
        stdio: 'ignore',
      },
    )
    return status === 0
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
