import { CfnOutput, type Stack } from 'aws-cdk-lib'
import type * as ecs from 'aws-cdk-lib/aws-ecs'
import { deadLetterQueue } from '../services/contract/topology.ts'
import type { MetricSource } from './constructs/monitoring/queue-metric.ts'
import type { Operator } from './constructs/operator.ts'
import type { ProducerApi } from './constructs/producer-api.ts'
import type { QueueProbe } from './constructs/queue-probe.ts'
import type { QueueTopology } from './constructs/queue-topology.ts'
import type { WorkerService } from './constructs/worker-service.ts'
import { expectedSplit, outputs } from './outputs.ts'
import type { QueueSettings } from './settings/environment.ts'

/** The parts of a work queue's stack that its outputs name. */
interface WorkQueueParts {
  readonly producer?: ProducerApi
  readonly topology: QueueTopology
  readonly probe: QueueProbe
  readonly operator: Operator
  readonly workers: readonly WorkerService[]
  readonly cluster: ecs.Cluster
  readonly metrics: MetricSource
  readonly dashboardName: string
}

/** Adds a stack's outputs: the first command to run, and what it will show. */
export function addOutputs(
  stack: Stack & WorkQueueParts,
  environmentName: string,
  settings: QueueSettings,
): void {
  const { producer, topology, probe, operator, workers, cluster } = stack
  const logGroups = {
    ...(producer && {
      producer: producer.producer.logGroup.logGroupName,
      accessLogs: producer.accessLogs.logGroupName,
    }),
    topology: topology.topology.logGroup.logGroupName,
    probe: probe.probe.logGroup.logGroupName,
    operator: operator.operator.logGroup.logGroupName,
  }
  const byClass = workers.map(({ worker, logGroup }) => [worker.name, logGroup.logGroupName])
  const count = 50
  const split = expectedSplit(settings.workers, count).map(({ name, tasks }) => `${tasks} by ${name}`)
  const values: Partial<Record<keyof typeof outputs, string>> = {
    ...(producer && { endpoint: producer.endpoint }),
    region: stack.region,
    queue: settings.queue,
    deadLetters: deadLetterQueue(settings.queue),
    metricsNamespace: stack.metrics.namespace,
    operatorFunction: operator.operator.function.functionName,
    topologyFunction: topology.topology.function.functionName,
    cluster: cluster.clusterName,
    dashboard: `https://${stack.region}.console.aws.amazon.com/cloudwatch/home#dashboards/dashboard/${stack.dashboardName}`,
    workerLogGroups: stack.toJsonString(Object.fromEntries(byClass)),
    logGroups: stack.toJsonString(logGroups),
    // the queue of a type that says no other
    ...(producer && { firstCommand: `npm run send -- ${environmentName} --count ${count} --type digest` }),
  }
  for (const [key, value] of Object.entries(values)) {
    const output = new CfnOutput(stack, outputs[key as keyof typeof outputs], { value })
    if (key === 'firstCommand')
      output.description = `Expect about ${split.join(', ')}: digest is CPU work, and who is done sooner gets the next task. Tasks of type sleep would split evenly over the slots, since waiting takes as long on a small worker as on a large one.`
  }
}
