import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { copyServices } from '../../test/support/test-tasks.ts'
import { furtherQueue } from './broker-admin.ts'

/** The deployables with the task types of the fault runs in them; `using` removes them. */
export interface FaultBundles extends Disposable {
  /** The producer's and the worker's modules. */
  readonly producer: string
  readonly worker: string
  /** A worker of before the type `newcomer`. */
  readonly oldWorker: string
}

const payload =
  'z.object({ ms: z.number(), cpuMs: z.number(), misbehave: z.string().optional(), tries: z.number().optional(), children: z.number().optional() })'

/** Bundles the services twice: without and with the newest task type. @param kept with a ledger */
export function bundleForFaults(kept: boolean): FaultBundles {
  const services = copyServices()
  const handler = readFileSync(new URL('tasks/trial.handler.ts', import.meta.url), 'utf8')
  services.add(
    { type: 'trial', timeoutSeconds: 900, payload, handler, more: "sends: ['trial']" },
    { type: 'hasty-trial', timeoutSeconds: 1, payload, handler },
    // what it sends goes to the default queue
    {
      ...{ type: 'distant-trial', timeoutSeconds: 900, payload, handler },
      more: `queue: '${furtherQueue}', sends: ['trial']`,
    },
  )
  bundleInto(services.folder, 'old', kept)
  services.add({ type: 'newcomer', payload, handler })
  bundleInto(services.folder, 'new', kept)
  return {
    producer: join(services.folder, 'new/producer/index.mjs'),
    worker: join(services.folder, 'new/worker/main.mjs'),
    oldWorker: join(services.folder, 'old/worker/main.mjs'),
    [Symbol.dispose]: () => services[Symbol.dispose](),
  }
}

/** In a process of its own: the copy has modules of its own. */
function bundleInto(folder: string, outdir: string, ledger: boolean): void {
  const script = `import { bundle } from './infra/bundle/bundle.ts'; bundle('${outdir}', { ledger: ${ledger} })`
  execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: folder })
}
