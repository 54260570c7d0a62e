import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { buildSync } from 'esbuild'
import { makeReadable } from '../../infra/bundle/bundle.ts'
import { taskTypes } from '../../services/tasks/registry.ts'
import { registeredTypes } from './registered.ts'

/** Builds what is packed into `client/dist`: `npm run build -w client`. */
const root = resolve(import.meta.dirname, '../..')
const [source, dist] = [join(root, 'client/src'), join(root, 'client/dist')]

/** What the package exports; all else of the source is its own business. */
const face = {
  values: { client: ['createClient'], errors: ['NotAcceptedError', 'NoAnswerError'] },
  types: {
    client: ['Client', 'ClientOptions', 'CallOptions', 'SendCallOptions'],
    credentials: ['AwsCredentials', 'CredentialsProvider'],
    errors: ['FailedTask'],
    answer: ['Problem'],
    send: ['SendTry'],
    task: ['NewTask', 'TaskDetails', 'TaskKind', 'TaskReport', 'Depth'],
    'registered-task': ['RegisteredTask'],
  },
} as const

const exporting = (word: string, modules: Readonly<Record<string, readonly string[]>>, ending: string) =>
  Object.entries(modules)
    .map(([module, names]) => `${word} { ${names.join(', ')} } from './${module}${ending}'\n`)
    .join('')

rmSync(dist, { recursive: true, force: true })
buildSync({
  stdin: { contents: exporting('export', face.values, '.ts'), resolveDir: source, loader: 'ts' },
  outfile: join(dist, 'index.js'),
  bundle: true,
  // what it depends on is installed beside it
  packages: 'external',
  format: 'esm',
  target: 'es2022',
  sourcemap: 'linked',
  logLevel: 'warning',
})

const declarations = join(dist, 'declarations')
const emit = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--rootDir', root]
execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', 'client', ...emit, '--outDir', declarations], {
  cwd: root,
  stdio: 'inherit',
})
const own = join(declarations, 'client/src')
for (const file of readdirSync(own)) {
  const text = readFileSync(join(own, file), 'utf8')
  writeFileSync(join(dist, file), text.replaceAll(/(from '\.\/[\w-]+)\.ts'/g, "$1.js'"))
}
rmSync(declarations, { recursive: true })
writeFileSync(join(dist, 'registered-task.d.ts'), registeredTypes(taskTypes))
writeFileSync(
  join(dist, 'index.d.ts'),
  exporting('export', face.values, '.js') + exporting('export type', face.types, '.js'),
)
makeReadable(dist)
