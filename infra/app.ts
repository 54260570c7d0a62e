import { readdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { App, Tags } from 'aws-cdk-lib'
import type { Schedule } from '../services/contract/schedule.ts'
import { schedules as ourSchedules } from '../services/tasks/schedules.ts'
import { type BundleOptions, type Bundles, bundle, makeReadable } from './bundle/bundle.ts'
import { checkedEnvironment, EnvironmentProblems } from './checks.ts'
import { deploymentTag } from './constructs/monitoring/monthly-budget.ts'
import { name } from './environments.ts'
import { FoundationStack } from './foundation-stack.ts'
import { namesOf } from './names.ts'
import { type Environment, queuesOf } from './settings/environment.ts'
import { WorkQueueStack } from './work-queue-stack.ts'

/** The stacks of one environment. */
export interface EnvironmentStacks {
  readonly foundation: FoundationStack
  /** Of the default queue, with the producer. */
  readonly workQueue: WorkQueueStack
  /** Of the others, in the settings' order. */
  readonly moreQueues: readonly WorkQueueStack[]
}

/**
 * Makes the stacks of one environment.
 *
 * cdk.json has the feature flags that aws-cdk 2.1148.1 recommends, except one: references between stacks are strong,
 * not weak. So AWS refuses to delete a foundation that a work queue uses, or to change what it exports.
 */
export function addStacks(
  app: App,
  environmentName: string,
  environment: Environment,
  bundles: Pick<Bundles, 'lambda' | 'worker'>,
  schedules: readonly Schedule[] = ourSchedules,
): EnvironmentStacks {
  const names = namesOf(environmentName)
  const { workQueue: settings, moreQueues: further = [] } = environment
  const props = {
    environmentName,
    environment,
    env: { account: environment.account, region: environment.region },
    tags: { name, environment: environmentName },
  }
  const foundation = new FoundationStack(app, names.foundationStack, {
    ...props,
    description: `${name} ${environmentName}: network and RabbitMQ broker`,
  })
  const moreQueues = further.map(
    (settings) =>
      new WorkQueueStack(app, names.furtherQueueStack(settings.queue), {
        ...{ ...props, foundation, bundles, settings },
        description: `${name} ${environmentName}: work queue ${settings.queue} with workers and probe`,
      }),
  )
  const workQueue = new WorkQueueStack(app, names.workQueueStack, {
    ...{ ...props, foundation, bundles, settings, schedules },
    producer: { settings: settings.producer, moreQueues: further.map(({ queue }) => queue) },
    description: `${name} ${environmentName}: work queue with producer, workers and probe`,
  })
  // the producer comes last: no task is published that no worker knows
  for (const stack of moreQueues) workQueue.addStackDependency(stack)
  for (const stack of [foundation, ...moreQueues, workQueue]) {
    Tags.of(stack).add('name', name)
    Tags.of(stack).add('environment', environmentName)
    // these are not the stack's tags, which tell a deploy that a stack is ours
    Tags.of(stack).add(deploymentTag, names.deployment)
  }
  return { foundation, workQueue, moreQueues }
}

/** What the environment's bundles have beyond what all have. */
export const partsOf = ({ tracing, workQueue }: Environment): Pick<BundleOptions, 'tracing' | 'ledger'> => ({
  tracing: tracing !== undefined,
  ledger: workQueue.ledger !== undefined,
})

// import.meta.main is not there before Node 24.2
if (realpathSync(process.argv[1] ?? '') === import.meta.filename) {
  const app = new App()
  const environmentName = String(app.node.tryGetContext('environment') ?? 'sandbox')
  try {
    const environment = checkedEnvironment(environmentName)
    const arm64 = queuesOf(environment).some(({ workers }) =>
      workers.some(({ architecture }) => architecture === 'ARM64'),
    )
    const cpu = arm64 ? 'arm64' : 'x64'
    addStacks(app, environmentName, environment, bundle(undefined, { cpu, ...partsOf(environment) }))
    const { directory } = app.synth()
    // CDK's own functions are copied from node_modules, with the modes that npm gave them
    for (const file of readdirSync(directory))
      if (file.startsWith('asset.')) makeReadable(join(directory, file))
  } catch (error) {
    if (!(error instanceof EnvironmentProblems)) throw error
    console.error(error.message)
    process.exitCode = 1
  }
}
