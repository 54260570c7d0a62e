import { readdir, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Bundles } from '../infra/bundle/bundle.ts'
import { run } from './broker/run.ts'
import type { BuiltFrom, Printed } from './built.ts'
import { isRunning, warrenFolder } from './local-file.ts'
import { beside } from './service-process.ts'

/** Where the services' code is. */
export interface BundlesFolder extends Pick<Bundles, 'worker'> {
  lambda(name: 'producer'): string
}

/** What a build has made. */
export type Built = BundlesFolder & BuiltFrom

// of this process's own: what runs loads parts of its bundle late, when another build may have replaced them
const all = resolve(warrenFolder, 'bundles')
const folder = resolve(all, String(process.pid))

export interface BuildOptions {
  /** Tells apart the builds of this process, which may be in use at the same time. @default 0 */
  readonly build?: number
  /** For a debugger. @default false */
  readonly readable?: boolean
}

/** The sources cannot be built: the message says where, and shows the lines. */
export class BuildError extends Error {
  override readonly name = 'BuildError'
}

/**
 * Builds producer and worker as they are deployed, in a process that reads the sources as they are now.
 * @throws BuildError
 */
export async function buildBundles({ build = 0, readable = false }: BuildOptions = {}): Promise<Built> {
  const outdir = resolve(folder, String(build))
  const program = [process.execPath, beside('bundle-main.ts'), outdir, ...(readable ? ['readable'] : [])]
  const printed: Printed = JSON.parse(await run(program, { env: process.env }))
  if ('problem' in printed) throw new BuildError(printed.problem)
  return {
    lambda: (name) => resolve(outdir, name),
    worker: resolve(outdir, 'worker'),
    ...printed,
  }
}

/** Removes what this process built, and what processes built that were killed. */
export async function removeBundles(): Promise<void> {
  const owners = await readdir(all).catch(() => [])
  const gone = owners.filter((pid) => Number(pid) === process.pid || !isRunning(Number(pid)))
  await Promise.all(gone.map((pid) => rm(resolve(all, pid), { recursive: true, force: true })))
}
