import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'

/** What a local run leaves behind: reports, and the file below. */
export const warrenFolder = resolve(import.meta.dirname, '../.warren')

const file = resolve(warrenFolder, 'local.json')

interface Credentials {
  readonly username: string
  readonly password: string
}

/** A queue of a local run, and broker users that may look at it, and move its dead letters. */
export interface LocalQueue {
  readonly queue: string
  readonly probe: Credentials
  readonly operator: Credentials
}

/** What `npm run dev` writes while it is up: the environment that the operator's commands call `local`. */
export interface LocalEnvironment extends LocalQueue {
  /** http://127.0.0.1:port of the producer. */
  readonly endpoint: string
  /** amqp://host:port, without credentials. */
  readonly brokerUrl: string
  readonly managementUrl: string
  /** The process id of `npm run dev`. */
  readonly pid: number
  readonly vhost: string
  readonly ledger: boolean
  /** Those that task types name, beside the default one. */
  readonly moreQueues: readonly LocalQueue[]
}

/** The local environment that is up; undefined when there is none. */
export async function readLocal(): Promise<LocalEnvironment | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const local = JSON.parse(text) as LocalEnvironment
  return isRunning(local.pid) ? local : undefined
}

/** Readable for this user only: it has passwords of the local broker. */
export async function writeLocal(local: LocalEnvironment): Promise<void> {
  await mkdir(warrenFolder, { recursive: true })
  await rm(file, { force: true })
  await writeFile(file, `${JSON.stringify(local, undefined, 2)}\n`, { mode: 0o600 })
}

export async function removeLocal(): Promise<void> {
  await rm(file, { force: true })
}

/** Whether there is a process of that id. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // there, but another user's
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
