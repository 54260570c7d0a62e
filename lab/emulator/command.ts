import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { warrenFolder } from '../../local/local-file.ts'

const root = join(import.meta.dirname, '../..')
const cdkCli = createRequire(import.meta.url).resolve('aws-cdk/bin/cdk')

/** What the commands wrote, one after the other. */
export const commandsLog = join(warrenFolder, 'emulate.log')

export interface Ended {
  readonly status: number
  /** Standard output. */
  readonly out: string
}

/** Runs a Node program of the project's to its end, or until the signal. Ctrl-C is for us, who pass it on. */
export async function runNode(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Ended> {
  const child = spawn(process.execPath, args, {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const stop = () => child.kill('SIGTERM')
  signal.addEventListener('abort', stop)
  const [[status], out, errors] = await Promise.all([
    once(child, 'exit'),
    text(child.stdout),
    text(child.stderr),
  ])
  signal.removeEventListener('abort', stop)
  signal.throwIfAborted()
  appendFileSync(commandsLog, `$ ${args.join(' ')}\n${out}${errors}\n`)
  return { status: status ?? 1, out }
}

/** Runs the pinned CDK. @throws Error with the lines that say what failed */
export async function cdk(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<void> {
  const { status, out } = await runNode([cdkCli, ...args, '--no-notices', '--ci'], env, signal)
  if (status === 0) return
  const failed = out.split('\n').filter((line) => /_FAILED|❌|Error/.test(line))
  throw new Error(`cdk ${args[0]} failed (${commandsLog}): ${[...new Set(failed)].join('\n')}`)
}
