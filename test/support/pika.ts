import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { BrokerEnvironment } from './queue.ts'

/** An AMQP client that nobody here wrote: python's pika. */
const requirement =
  'pika==1.3.2 --hash=sha256:0779a7c1fafd805672796085560d290213a465e4f6f76a6fb19e378d8041a14f'
const cache = resolve(import.meta.dirname, '../../.warren')
const installed = join(cache, 'pika-1.3.2')
const run = promisify(execFile)

/**
 * Installs it where this is not done yet.
 * @returns the variables with which python finds it, or why it cannot be had on this machine
 */
export async function pika(): Promise<{ readonly PYTHONPATH: string } | string> {
  const found = { PYTHONPATH: installed }
  if (existsSync(installed)) return found
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'pika-'))
  writeFileSync(join(folder, 'requirements.txt'), requirement)
  const install = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', folder]
  try {
    await run('python3', [...install, '--require-hashes', '-r', join(folder, 'requirements.txt')])
    renameSync(folder, installed)
  } catch (error) {
    // another run of the tests may have been faster
    rmSync(folder, { recursive: true })
    if (existsSync(installed)) return found
    return `python3 with pip is needed to install pika: ${error instanceof Error ? error.message : error}`
  }
  return found
}

/** The URL by which a client of any language logs in. */
export function amqpUrl(environment: BrokerEnvironment): string {
  const { BROKER_URL, BROKER_VHOST, BROKER_USERNAME, BROKER_PASSWORD } = environment
  const url = new URL(`${BROKER_URL}/${encodeURIComponent(BROKER_VHOST)}`)
  url.username = BROKER_USERNAME
  url.password = BROKER_PASSWORD
  return url.href
}
