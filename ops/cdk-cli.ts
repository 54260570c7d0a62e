import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Assembly, readAssembly } from './assembly.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const program = createRequire(import.meta.url).resolve('aws-cdk/bin/cdk')

/** CDK would advise an upgrade to 3.0.0, which was published by accident. */
const quiet = { CDK_DISABLE_VERSION_CHECK: '1' }

/**
 * Runs the pinned CDK in the project's folder and gives its exit status. It is waited for even after Ctrl-C, since it
 * says what it leaves behind.
 * @param output where its standard output goes: `stderr` where a command's own output must stay clean
 */
export async function cdk(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  output: 'stdout' | 'stderr' = 'stdout',
): Promise<number> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: root,
    env: { ...env, ...quiet },
    stdio: ['inherit', output === 'stdout' ? 'inherit' : 2, 'inherit'],
  })
  // Ctrl-C reaches CDK by itself, since it is in our process group; what is sent to this process alone does not
  const passOn = () => child.kill('SIGTERM')
  process.on('SIGTERM', passOn)
  const [code] = await once(child, 'exit')
  process.off('SIGTERM', passOn)
  return code ?? 1
}

/** The options of a command of the pinned CDK, as its help lists them: `--app`, `-a` and so on. */
export async function cdkOptions(command: string, env: NodeJS.ProcessEnv): Promise<string[]> {
  const options = { cwd: root, env: { ...env, ...quiet } }
  const { stdout } = await promisify(execFile)(process.execPath, [program, command, '--help'], options)
  // a name that is too long for its column continues on the next line
  const rows = stdout.matchAll(/^ {2}(-.*?)(?: {2,}.*)?$(?:\n {2}([^\s-]\S*))?/gm)
  return [...rows].flatMap(([, names = '', rest = '']) => `${names}${rest}`.split(', '))
}

/** Synthesizes an environment into a folder of its own, without credentials, Docker or network. */
export async function synthesize(
  environment: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Assembly> {
  console.error(`warren: synthesizing ${environment} ...`)
  const directory = join(root, 'cdk.out', environment)
  const status = await cdk(
    ['synth', '--quiet', '--output', directory, '-c', `environment=${environment}`, ...args],
    env,
    'stderr',
  )
  if (status !== 0) throw new Error(`${environment} could not be synthesized (see above)`)
  return readAssembly(directory)
}
