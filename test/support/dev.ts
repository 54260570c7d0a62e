import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { expect } from 'vitest'
import { createClient } from '../../client/src/client.ts'
import type { NewTask } from '../../client/src/task.ts'
import type { Broker } from '../../local/broker/broker.ts'
import { freePorts } from '../../local/broker/ports.ts'
import type { LocalEnvironment } from '../../local/local-file.ts'
import { until } from './until.ts'
import { asUsersBroker } from './users-broker.ts'

const root = resolve(import.meta.dirname, '../..')

/** `npm run dev` in a copy of the services that a test may change; `await using` ends it. */
export interface Dev extends AsyncDisposable {
  /** The copy's folder. */
  readonly copy: string
  readonly pid: number
  readonly local: LocalEnvironment
  /** All that it has printed so far. */
  readonly output: string
  /** Waits until its output has this, in what comes after `from` characters of it. */
  seen(text: string | RegExp, from?: number): Promise<void>
  read(file: string): Promise<string>
  write(file: string, text: string): Promise<void>
  /** Sends tasks, and gives their ids. */
  send(...tasks: readonly NewTask[]): Promise<string[]>
  /** Ends it as Ctrl-C does: the exit code and the signal. */
  interrupt(): Promise<unknown[]>
}

/** How it is started. */
interface DevOptions {
  /** Of the command line. */
  readonly options?: readonly string[]
  readonly variables?: Readonly<Record<string, string>>
}

/** Starts it, and waits until it says where everything is. The copy is inside the repository, so that it finds the packages. */
export async function startDev(
  broker: Omit<Broker, 'stop'>,
  { options = [], variables = {} }: DevOptions = {},
): Promise<Dev> {
  await mkdir(resolve(root, '.warren'), { recursive: true })
  const copy = await mkdtemp(resolve(root, '.warren/dev-'))
  for (const part of ['client', 'infra', 'local', 'ops', 'services', 'package.json'])
    await cp(resolve(root, part), resolve(copy, part), { recursive: true })
  const [port] = await freePorts(1)
  const dev = spawn(process.execPath, ['ops/dev.ts', '--port', `${port}`, ...options], {
    cwd: copy,
    env: { ...process.env, ...asUsersBroker(broker), ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [dev.stdout, dev.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => {
      output += part
    })
  const seen: Dev['seen'] = async (text, from = 0) => {
    const found = () => {
      const rest = output.slice(from)
      return typeof text === 'string' ? rest.includes(text) : text.test(rest)
    }
    await until(found, { within: 120, what: `the output has ${text}` }).catch((error) => {
      throw new Error(`${error.message}; it is:\n${output}`)
    })
    expect(found()).toBe(true)
  }
  const end = async (signal: 'SIGINT' | 'SIGKILL') => {
    const closed = once(dev, 'close')
    dev.kill(signal)
    return closed
  }
  await seen('Ctrl-C ends it')
  const local: LocalEnvironment = JSON.parse(await readFile(resolve(copy, '.warren/local.json'), 'utf8'))
  return {
    ...{ copy, local, seen, pid: dev.pid ?? 0 },
    get output() {
      return output
    },
    read: (file) => readFile(resolve(copy, file), 'utf8'),
    write: (file, text) => writeFile(resolve(copy, file), text),
    send: (...tasks) => createClient({ endpoint: local.endpoint }).sendBatch(tasks),
    interrupt: () => end('SIGINT'),
    async [Symbol.asyncDispose]() {
      if (dev.exitCode === null && dev.signalCode === null) await end('SIGKILL')
      await rm(copy, { recursive: true, force: true })
    },
  }
}
