import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Look } from '../../../ops/target/look.ts'
import { root } from './dev.ts'

const watch = ['ops/watch.ts', 'local']

/** `npm run watch -- local` in a terminal of its own, which `script` makes. */
export async function openTerminal(): Promise<AsyncDisposable> {
  const node = process.execPath
  // util-linux takes a shell's command, the BSDs its words
  const how =
    process.platform === 'linux'
      ? ['-qfc', [node, ...watch].join(' '), '/dev/null']
      : ['-q', '/dev/null', node, ...watch]
  // its errors say that it was ended
  const terminal = spawn('script', how, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] })
  const [first] = await Promise.race([once(terminal.stdout, 'data'), once(terminal, 'close')])
  if (!(first instanceof Buffer)) throw new Error('npm run watch has ended')
  terminal.stdout.resume()
  return { [Symbol.asyncDispose]: () => ended(terminal, 'SIGTERM') }
}

/** What the same view shows, as data, until so many looks. */
export async function looks(count: number): Promise<Look[]> {
  const command = spawn(process.execPath, [...watch, '--json'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const seen: Look[] = []
  for await (const line of createInterface({ input: command.stdout })) {
    seen.push(JSON.parse(line))
    if (seen.length === count) break
  }
  await ended(command, 'SIGINT')
  return seen
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const closed = once(child, 'exit')
  child.kill(signal)
  await closed
}
