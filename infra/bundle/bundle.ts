import { chmodSync, copyFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { type BuildOptions, buildSync, type Metafile } from 'esbuild'
import { openApiFile } from '../../services/contract/documents/file.ts'
import { openApi } from '../../services/contract/documents/openapi.ts'
import { nativePackages } from '../../services/tasks/native-packages.ts'
import { taskTypes } from '../../services/tasks/registry.ts'
import { documented } from './documented.ts'
import { type Cpu, installNativePackages } from './native-packages.ts'

/**
 * Builds the code that runs in AWS. Local runs, tests, the container image and the Lambda functions all use the same
 * files: what is tested is what runs.
 */
const services = resolve(import.meta.dirname, '../../services')
const thisCpu: Cpu = process.arch === 'arm64' ? 'arm64' : 'x64'
const lambdas = ['producer', 'topology', 'probe', 'operator'] as const
export type LambdaName = (typeof lambdas)[number]

/** Where a service begins: with a ledger elsewhere, so that nothing of the ledger is in a bundle without one. */
const entries = {
  without: { producer: 'handler.ts', operator: 'handler.ts', worker: 'main.ts' },
  with: {
    producer: 'handler-with-ledger.ts',
    operator: 'handler-with-ledger.ts',
    worker: 'main-with-ledger.ts',
  },
} as const
const entriesOf = (ledger: boolean) => entries[ledger ? 'with' : 'without']

const common: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  outExtension: { '.js': '.mjs' },
  // half the size to load at a cold start; the source maps keep stack traces readable
  minify: true,
  sourcemap: 'linked',
  metafile: true,
  logLevel: 'silent',
  // amqplib is CommonJS and requires Node's modules, which an ES module cannot without this
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
}

/** Of OpenTelemetry's packages the ES modules: of the others esbuild could leave nothing out, six times as much. */
const slim = ['core', 'otlp-transformer', 'resources', 'sdk-trace'].map((name) => `@opentelemetry/${name}`)
const withTracing: BuildOptions = {
  alias: {
    '#tracing': resolve(services, 'tracing/on'),
    ...Object.fromEntries(slim.map((name) => [name, `${name}/build/esm/index.js`])),
  },
}

export interface Bundles {
  /** Folder of a Lambda function's code; its handler is `index.handler`. The producer's has {@link openApiFile} too. */
  lambda(name: LambdaName): string
  /** Folder with main.mjs, thread.mjs, quarantine.mjs, handlers/ and the Dockerfile: the worker, and its image's context. */
  readonly worker: string
  /** esbuild's account of what went into each bundle, by deployable. */
  readonly metafiles: Readonly<Record<LambdaName | 'worker', Metafile>>
}

export interface BundleOptions {
  /** Of the machine that the worker will run on; matters only where services/tasks/native-packages.ts names some. */
  readonly cpu?: Cpu
  /** Whether producer and worker keep a ledger. @default false */
  readonly ledger?: boolean
  /** The Lambda functions that are wanted. @default all */
  readonly only?: readonly LambdaName[]
  /** For a debugger: names and lines stay as they are. @default false */
  readonly readable?: boolean
  /** With what makes spans and sends them. @default false: nothing of OpenTelemetry is in the bundles */
  readonly tracing?: boolean
}

/**
 * Bundles everything into `outdir`. Safe to run again, and while something else runs it: the same sources give the same bytes.
 * @throws esbuild's BuildFailure, whose message names file and line.
 */
export function bundle(outdir = resolve(services, '../dist'), options: BundleOptions = {}): Bundles {
  const { only = lambdas } = options
  const lambda = (name: LambdaName) => resolve(outdir, name)
  const built = only.map((name) => [name, bundleLambda(name, lambda(name), options)] as const)
  const worker = resolve(outdir, 'worker')
  const metafiles = {
    ...Object.fromEntries(built),
    worker: bundleWorker(worker, options),
  } as Bundles['metafiles']
  return { lambda, worker, metafiles }
}

function bundleLambda(
  name: LambdaName,
  outdir: string,
  { tracing = false, ledger = false }: BundleOptions,
): Metafile {
  const entry = name === 'producer' || name === 'operator' ? entriesOf(ledger)[name] : 'handler.ts'
  const metafile = build({
    ...(tracing ? withTracing : {}),
    entryPoints: [{ in: resolve(services, name, entry), out: 'index' }],
    // Lambda's runtime has the AWS SDK
    external: ['@aws-sdk/*'],
    outdir,
  })
  if (name === 'producer') writeOpenApi(outdir, ledger)
  makeReadable(outdir)
  return metafile
}

/** A file of its own, made here: the producer's code neither grows by it nor by what makes it. */
function writeOpenApi(outdir: string, ledger: boolean): void {
  writeFileSync(resolve(outdir, openApiFile), JSON.stringify(openApi(documented(), ledger)))
}

/** Bundles the worker alone into `outdir`. */
export function bundleWorker(
  outdir: string,
  { cpu = thisCpu, readable = false, tracing = false, ledger = false }: BundleOptions = {},
): Metafile {
  const handlers = taskTypes.map(({ handler }) => ({
    in: resolve(services, 'tasks', handler),
    out: `handlers/${basename(handler, '.ts')}`,
  }))
  const metafile = build({
    ...(tracing ? withTracing : {}),
    // code that main, thread and handlers share goes into chunks, so that a class is the same class everywhere
    splitting: true,
    entryPoints: [
      { in: resolve(services, 'worker', entriesOf(ledger).worker), out: 'main' },
      { in: resolve(services, 'worker/thread.ts'), out: 'thread' },
      { in: resolve(services, 'worker/quarantine.ts'), out: 'quarantine' },
      ...handlers,
    ],
    external: [...nativePackages],
    minify: !readable,
    // those of handlers' functions and errors, which stacks and reasons have: 6 % more, where all names would be 60 %
    keepNames: true,
    outdir,
  })
  removeOldChunks(outdir, metafile)
  installNativePackages(nativePackages, outdir, cpu)
  copyFileSync(resolve(services, 'worker/Dockerfile'), resolve(outdir, 'Dockerfile'))
  makeReadable(outdir)
  return metafile
}

/**
 * Sets the modes that a file, or all files in a folder, need in AWS, whatever umask they were created under: zips and
 * images keep modes, and Lambda and the worker (user 1000) run as another user than the one who built them.
 * https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-deployment.html
 */
export function makeReadable(path: string): void {
  const stat = statSync(path)
  const isProgram = (stat.mode & 0o100) !== 0
  chmodSync(path, isProgram || stat.isDirectory() ? 0o755 : 0o644)
  if (!stat.isDirectory()) return
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    // a link's target is in the same folder, or it is not ours
    if (!entry.isSymbolicLink()) makeReadable(resolve(path, entry.name))
  }
}

/** Chunks are named after their content: those of earlier builds would go into the image. */
function removeOldChunks(outdir: string, { outputs }: Metafile): void {
  const built = new Set(Object.keys(outputs).map((path) => resolve(path)))
  for (const file of readdirSync(outdir)) {
    const path = resolve(outdir, file)
    if (file.startsWith('chunk-') && !built.has(path)) rmSync(path)
  }
}

function build(options: BuildOptions): Metafile {
  const { metafile } = buildSync({ ...common, ...options })
  if (!metafile) throw new Error('esbuild gave no metafile')
  return metafile
}
