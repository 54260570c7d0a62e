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

/** Bundles a copy of the services, with a ledger or without; `using` removes it. */
export function bundleForBench(ledger = false): BenchBundles {
  const services = copyServices()
  const handler = (type: string) => readFileSync(new URL(`tasks/${type}.handler.ts`, import.meta.url), 'utf8')
  services.add(
    { type: 'nothing', handler: handler('nothing') },
    { type: 'stamp', payload: 'z.object({ at: z.number() })', handler: handler('stamp') },
    { type: 'hold', payload: 'z.object({ ms: z.number() })', handler: handler('hold') },
  )
  const folder = services.bundle({ ledger })
  return {
    lambda: (name) => join(folder, name),
    worker: join(folder, 'worker'),
    [Symbol.dispose]: () => services[Symbol.dispose](),
  }
}
