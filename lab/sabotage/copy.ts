import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Sabotage } from './sabotage.ts'

const root = resolve(import.meta.dirname, '../..')

/** A copy of the repository that may be broken; `using` removes it. */
export class SabotagedCopy implements Disposable {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'warren-sabotage-')))

  constructor() {
    const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
    const listed = execFileSync('git', args, { cwd: root, encoding: 'utf8' })
    for (const file of listed.split('\0').filter((name) => name !== ''))
      cpSync(join(root, file), join(this.folder, file), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(this.folder, 'node_modules'))
  }

  /** Makes the change; gives the function that takes it back. @throws Error as {@link sabotaged} does */
  apply(sabotage: Sabotage): () => void {
    const path = join(this.folder, sabotage.file)
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, sabotaged(sabotage, text))
    return () => writeFileSync(path, text)
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/**
 * The file's text with the change made.
 * @throws Error unless what is to be changed stands in it once
 */
export function sabotaged({ name, file, find, replace }: Sabotage, text: string): string {
  const found = text.split(find).length - 1
  if (found !== 1)
    throw new Error(
      `${name}: ${JSON.stringify(find)} must stand in ${file} once, stands there ${found} times`,
    )
  return text.replace(find, () => replace)
}
