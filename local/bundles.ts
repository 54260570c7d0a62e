import { readdir, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Bundles } from '../infra/bundle/bundle.ts'
import type { Publishing } from '../services/contract/publishing.ts'
import { run } from './broker/run.ts'
import { isRunning, warrenFolder } from './local-file.ts'
import { beside } from './service-process.ts'

/** Where the services' code is. */
export type BundlesFolder = Pick<Bundles, 'lambda' | 'worker'>

/** What a build has made. */
export interface Built extends BundlesFolder {
  /** The task types of these sources. */
  readonly types: readonly Publishing[]
}

// of this process's own: what runs loads parts of its bundle late, when another build may have replaced them
const all = resolve(warrenFolder, 'bundles')
const folder = resolve(all, String(process.pid))

/**
 * Builds what is deployed, in a process that reads the sources as they are now.
 * @param build tells apart the builds of this process, which may be in use at the same time
 * @throws an Error with esbuild's message, which names file and line
 */
export async function buildBundles(build = 0): Promise<Built> {
  const outdir = resolve(folder, String(build))
  const printed = await run([process.execPath, beside('bundle-main.ts'), outdir], { env: process.env })
  return {
    lambda: (name) => resolve(outdir, name),
    worker: resolve(outdir, 'worker'),
    types: JSON.parse(printed),
  }
}

/** Removes what this process built, and what processes built that were killed. */
export async function removeBundles(): Promise<void> {
  const owners = await readdir(all).catch(() => [])
  const gone = owners.filter((pid) => Number(pid) === process.pid || !isRunning(Number(pid)))
  await Promise.all(gone.map((pid) => rm(resolve(all, pid), { recursive: true, force: true })))
}
