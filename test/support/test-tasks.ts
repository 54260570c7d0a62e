import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { BundleOptions } from '../../infra/bundle/bundle.ts'

const root = resolve(import.meta.dirname, '../..')

/** A task type as a user would add it. */
export interface AddedTask {
  readonly type: string
  readonly timeoutSeconds?: number
  /** The schema, as source text with `z` in scope. */
  readonly payload?: string
  /** More of the declaration, as source text: `sends: ['sleep'], continues: true`, `queue: 'reports'`. */
  readonly more?: string
  /** The handler's module, as source text. */
  readonly handler: string
}

/** A copy of the services; `using` removes it. */
export interface ServicesCopy extends Disposable {
  readonly folder: string
  /** Adds the files and the registry's line that a new task type needs. */
  add(...tasks: readonly AddedTask[]): void
  /** Bundles all of the copy, and gives the folder. */
  bundle(options?: BundleOptions): string
  /** Bundles the copy's worker, with a ledger or without, and gives the folder that holds `worker/`. */
  bundleWorker(ledger?: boolean): string
}

/** Copies the services, and what bundles them, to a temporary folder, where a test may change them. */
export function copyServices(): ServicesCopy {
  const folder = mkdtempSync(join(tmpdir(), 'warren-services-'))
  for (const part of ['services', 'infra/bundle'])
    cpSync(join(root, part), join(folder, part), { recursive: true })
  for (const name of ['package.json', 'tsconfig.json']) cpSync(join(root, name), join(folder, name))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  return {
    folder,
    add(...tasks) {
      for (const task of tasks) addTask(join(folder, 'services/tasks'), task)
    },
    bundle: (options = {}) =>
      run(
        folder,
        `import { bundle } from './infra/bundle/bundle.ts'; bundle('dist', ${JSON.stringify(options)})`,
      ),
    bundleWorker: (ledger = false) =>
      run(
        folder,
        `import { bundleWorker } from './infra/bundle/bundle.ts'; bundleWorker('dist/worker', { ledger: ${ledger} })`,
      ),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** In a process of its own: the copy has modules of its own. */
function run(folder: string, script: string): string {
  execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: folder })
  return join(folder, 'dist')
}

function addTask(
  tasks: string,
  { type, timeoutSeconds = 60, payload = 'z.unknown()', more = '', handler }: AddedTask,
): void {
  const name = type.replaceAll('-', '_')
  const declaration = `import * as z from 'zod'
import { taskType } from '../contract/task-type.ts'
export const ${name} = taskType({
  type: '${type}', payload: ${payload}, timeoutSeconds: ${timeoutSeconds}, handler: './${type}.handler.ts',
  ${more}
})
`
  writeFileSync(join(tasks, `${type}.ts`), declaration)
  writeFileSync(join(tasks, `${type}.handler.ts`), handler)
  const registry = join(tasks, 'registry.ts')
  const lines = readFileSync(registry, 'utf8')
    .replace('\n\n', `\nimport { ${name} } from './${type}.ts'\n\n`)
    .replace(/(taskTypes: .*)\]/, `$1, ${name}]`)
  writeFileSync(registry, lines)
}
