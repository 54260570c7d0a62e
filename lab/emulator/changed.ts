import { realpathSync } from 'node:fs'
import { App } from 'aws-cdk-lib'
import { addStacks, partsOf } from '../../infra/app.ts'
import { bundle } from '../../infra/bundle/bundle.ts'
import { environments } from '../../infra/environments.ts'
import type { Environment } from '../../infra/settings/environment.ts'

/**
 * What the update changes, each seen at another place: a policy of the broker, a task definition; and it turns the ledger
 * on, which the API and the table show.
 */
export const changes = {
  maxLength: 90_000,
  /** CPU units of the class `small`. */
  cpu: 512,
} as const

// import.meta.main is not there before Node 24.2
if (realpathSync(process.argv[1] ?? '') === import.meta.filename) {
  const { sandbox } = environments
  if (!sandbox) throw new Error('there is no environment sandbox')
  const { workQueue } = sandbox
  const { workers } = workQueue
  const changed: Environment = {
    ...sandbox,
    workQueue: {
      ...workQueue,
      maxLength: changes.maxLength,
      ledger: { days: 7 },
      workers: workers.map((worker) =>
        worker.name === 'small' ? { ...worker, cpu: changes.cpu, memoryMiB: 1_024 } : worker,
      ),
    },
  }
  addStacks(new App(), 'sandbox', changed, bundle(undefined, { cpu: 'arm64', ...partsOf(changed) }))
}
