import { availableParallelism } from 'node:os'
import type { NotExecuted } from './not-executed.ts'
import type { Deployment } from './resolve.ts'
import { scalingOf } from './scaling.ts'
import { cpuHere, taskSettings } from './task-definition.ts'

/** What the rehearsal does in a smaller way than this template says. */
export function notInFull(deployment: Deployment, maxTasks: number): NotExecuted[] {
  const { DeploymentMode: mode } = deployment.one('AWS::AmazonMQ::Broker').properties
  const cluster = {
    what: `the broker as ${mode}: here it is one node`,
    test: 'lab/faults/cluster.slow.test.ts',
  }
  const workers = deployment.all('AWS::ECS::TaskDefinition').map(taskSettings)
  const larger = workers.filter((task) => cpuHere(task) < task.cpu)
  const more = scalingOf(deployment).filter(({ max }) => max > maxTasks)
  return [
    ...(mode === 'SINGLE_INSTANCE' ? [] : [cluster]),
    ...deployment.all('AWS::DynamoDB::Table').map(({ path }) => ({
      what: `expiry, backup and encryption of ${path}: here it is in memory`,
      test: 'test/infra/ledger.test.ts',
    })),
    ...larger.map(({ path, cpu }) => ({
      what: `${cpu} CPUs for ${path}: this machine has ${availableParallelism()}`,
      test: 'test/infra/workers.test.ts',
    })),
    ...more.map(({ service, max }) => ({
      what: `up to ${max} tasks of ${service}: here up to ${maxTasks}`,
      test: 'test/infra/workers.test.ts',
    })),
  ]
}
