import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BundlesFolder } from '../../../local/bundles.ts'
import { copyServices } from '../../../test/support/test-tasks.ts'

/** Bundles the services with `sleep` in a queue of its own, by the word that its declaration gets; `using` removes it. */
export function bundleWithQueue(queue: string): BundlesFolder & Disposable {
  const services = copyServices()
  const file = join(services.folder, 'services/tasks/sleep.ts')
  const declaration = readFileSync(file, 'utf8')
  writeFileSync(file, declaration.replace("type: 'sleep',", `type: 'sleep',\n  queue: '${queue}',`))
  const folder = services.bundle()
  return {
    lambda: (name) => join(folder, name),
    worker: join(folder, 'worker'),
    [Symbol.dispose]: () => services[Symbol.dispose](),
  }
}
