import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BundlesFolder } from '../../local/bundles.ts'
import { copyServices } from '../../test/support/test-tasks.ts'

/**
 * The deployables, bundled as they are deployed, with three task types more:
 *
 * - `nothing` returns at once (`sleep` with 0 ms would wait for a timer);
 * - `stamp` says how long it waited since `payload.at`;
 * - `hold` keeps its thread for `payload.ms` and uses no CPU: a task whose length is known to 0.1 ms.
 */
export interface BenchBundles extends BundlesFolder, Disposable {}

/** Bundles a copy of the services; `using` removes it. */
export function bundleForBench(): BenchBundles {
  const services = copyServices()
  const handler = (type: string) => readFileSync(new URL(`tasks/${type}.handler.ts`, import.meta.url), 'utf8')
  services.add(
    { type: 'nothing', handler: handler('nothing') },
    { type: 'stamp', payload: 'z.object({ at: z.number() })', handler: handler('stamp') },
    { type: 'hold', payload: 'z.object({ ms: z.number() })', handler: handler('hold') },
  )
  // in a process of its own: the copy has modules of its own
  const script = `import { bundle } from './infra/bundle/bundle.ts'; bundle('dist')`
  execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: services.folder })
  return {
    lambda: (name) => join(services.folder, 'dist', name),
    worker: join(services.folder, 'dist/worker'),
    [Symbol.dispose]: () => services[Symbol.dispose](),
  }
}
