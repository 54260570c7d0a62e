import { afterAll, beforeAll } from 'vitest'
import { type AddedTask, copyServices } from './test-tasks.ts'

/**
 * Bundles the worker with more task types before the tests of the file or `describe` that calls this, and removes it
 * after them. Gives what tells a test the folder of the bundles.
 */
export function workerWith(
  tasks: readonly AddedTask[],
  { ledger = false }: { readonly ledger?: boolean } = {},
): () => string {
  const services = copyServices()
  let bundles = ''
  beforeAll(() => {
    services.add(...tasks)
    bundles = services.bundleWorker(ledger)
  })
  afterAll(() => services[Symbol.dispose]())
  return () => bundles
}
