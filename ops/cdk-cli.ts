import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ParseArgsConfig } from 'node:util'
import { type Assembly, readAssembly } from './assembly.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const cli = dirname(createRequire(import.meta.url).resolve('aws-cdk/package.json'))

/**
 * Runs the pinned CDK in the project's folder and gives its exit status.
 * @param output where its standard output goes: `stderr` where a command's own output must stay clean
 */
export async function cdk(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  output: 'stdout' | 'stderr' = 'stdout',
): Promise<number> {
  const child = spawn(process.execPath, [join(cli, 'bin/cdk'), ...args], {
    cwd: root,
    // it would advise an upgrade to 3.0.0, which was published by accident
    env: { ...env, CDK_DISABLE_VERSION_CHECK: '1' },
    stdio: ['inherit', output === 'stdout' ? 'inherit' : 2, 'inherit'],
  })
  // Ctrl-C reaches CDK too, since it is in our process group: it ends first, and says what it leaves behind
  const wait = () => {}
  process.on('SIGINT', wait)
  const [code] = await once(child, 'exit')
  process.off('SIGINT', wait)
  return code ?? 1
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

type Options = NonNullable<ParseArgsConfig['options']>
type Registry = Record<string, { type: string; alias?: string }>

/** The options that a command of CDK's knows, as the pinned version lists them. */
export function cdkOptions(command: string): Options {
  const registry = JSON.parse(readFileSync(join(cli, 'lib/cli/cli-type-registry.json'), 'utf8'))
  const known: Registry = { ...registry.globalOptions, ...registry.commands[command].options }
  const options: Options = {}
  for (const [name, { type, alias }] of Object.entries(known)) {
    const short = typeof alias === 'string' && alias.length === 1 ? { short: alias } : {}
    if (type === 'boolean') options[`no-${name}`] = { type }
    options[name] =
      type === 'boolean' ? { type, ...short } : { type: 'string', multiple: type === 'array', ...short }
  }
  return options
}
