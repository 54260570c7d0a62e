import { realpathSync } from 'node:fs'
import { App } from 'aws-cdk-lib'
import { addStacks } from '../../infra/app.ts'
import { bundle } from '../../infra/bundle/bundle.ts'
import { environments } from '../../infra/environments.ts'

/** What the update changes, each seen at another place: a policy of the broker and a task definition. */
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
  addStacks(
    new App(),
    'sandbox',
    {
      ...sandbox,
      workQueue: {
        ...workQueue,
        maxLength: changes.maxLength,
        workers: workers.map((worker) =>
          worker.name === 'small' ? { ...worker, cpu: changes.cpu, memoryMiB: 1_024 } : worker,
        ),
      },
    },
    bundle(undefined, { cpu: 'arm64' }),
  )
}
