import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { freePorts } from '../../local/broker/ports.ts'
import { warrenFolder } from '../../local/local-file.ts'
import { until } from '../../test/support/until.ts'

const run = promisify(execFile)

/**
 * An AWS emulator that others wrote, from PyPI. It refuses what it does not know; moto, which answers CREATE_COMPLETE
 * for types that it has no code for, would show nothing.
 */
const pinned = { name: 'ministack', version: '1.5.33' }
export const emulatorName = `${pinned.name} ${pinned.version}`

/** The emulator takes an access key of twelve digits for the account's number. */
export const account = { id: '111122223333', region: 'eu-central-1' }

export interface Emulator {
  readonly url: string
  /** All that it and its functions wrote. */
  readonly log: string
  stop(): Promise<void>
}

/** The emulator has no end of its own for the processes of its functions: all of them are in one process group. */
const endsWithItsParent = `
import os, signal, sys, threading
def wait():
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL)
threading.Thread(target=wait, daemon=True).start()
from ministack.app import main
main()`

/**
 * Starts the emulator on a free loopback port. It ends when it is stopped, and with this process, however that ends.
 * @param env of the emulator and, with the template's variables, of the functions that it runs
 * @throws Error when it cannot be installed or does not answer within a minute
 */
export async function startEmulator(env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<Emulator> {
  const python = await install(say)
  // under this folder functions find the AWS SDK that Lambda gives to every one: in our node_modules
  const folder = await mkdtemp(join(warrenFolder, 'emulator-'))
  // scripts of the emulator's are CommonJS
  await writeFile(join(folder, 'package.json'), '{ "type": "commonjs" }')
  const [port = 0] = await freePorts(1)
  const log = join(warrenFolder, 'emulator.log')
  const file = openSync(log, 'w')
  const url = `http://127.0.0.1:${port}`
  const child = spawn(python, ['-c', endsWithItsParent], {
    env: {
      ...env,
      PATH: `${dirname(process.execPath)}${delimiter}${env['PATH']}`,
      TMPDIR: folder,
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      MINISTACK_HOST: '127.0.0.1',
      MINISTACK_REGION: account.region,
    },
    stdio: ['pipe', file, file],
    detached: true,
  })
  closeSync(file)
  const stop = async () => {
    await end(child)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const ended = once(child, 'exit').then(([status]) => {
      throw new Error(`${emulatorName} ended with status ${status}: see ${log}`)
    })
    const healthy = () => fetch(`${url}/_ministack/health`).then(({ ok }) => ok)
    await Promise.race([ended, until(healthy, { within: 60, what: `${emulatorName} answers, see ${log}` })])
  } catch (error) {
    await stop()
    throw error
  }
  return { url, log, stop }
}

async function install(say: (line: string) => void): Promise<string> {
  const folder = join(warrenFolder, `${pinned.name}-${pinned.version}`)
  const python = join(folder, 'bin/python')
  const complete = join(folder, 'installed')
  if (existsSync(complete)) return python
  say(`installing ${emulatorName} from PyPI into ${folder} (90 MB, once) ...`)
  try {
    await rm(folder, { recursive: true, force: true })
    await run('python3', ['-m', 'venv', folder])
    const options = ['--quiet', '--disable-pip-version-check']
    await run(python, ['-m', 'pip', 'install', ...options, `${pinned.name}==${pinned.version}`])
    await writeFile(complete, '')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(
      `${emulatorName} cannot be installed; it needs python3 (3.10 or newer, with venv) and PyPI: ${reason}`,
      { cause: error },
    )
  }
  return python
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.stdin?.end()
  await exited
}
