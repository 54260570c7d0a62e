import { CfnOutput } from 'aws-cdk-lib'
import { deadLetterQueue } from '../services/contract/topology.ts'
import type { WorkerClass, WorkQueueSettings } from './settings/environment.ts'
import type { WorkQueueStack } from './work-queue-stack.ts'

/**
 * The outputs of a work queue's stack: how the operator's commands find a deployed environment. Log groups are JSON,
 * an object with their names by worker class or by function.
 */
export const outputs = {
  endpoint: 'Endpoint',
  region: 'Region',
  queue: 'QueueName',
  deadLetters: 'DeadLetterQueueName',
  metricsNamespace: 'MetricsNamespace',
  operatorFunction: 'OperatorFunctionName',
  topologyFunction: 'TopologyFunctionName',
  cluster: 'ClusterName',
  dashboard: 'DashboardUrl',
  workerLogGroups: 'WorkerLogGroups',
  logGroups: 'LogGroups',
  firstCommand: 'FirstCommand',
} as const

/** Writes them, and with the first command what it will show. */
export function addOutputs(
  stack: WorkQueueStack,
  environmentName: string,
  settings: WorkQueueSettings,
): void {
  const { producer, topology, probe, operator, workers, cluster } = stack
  const logGroups = {
    producer: producer.producer.logGroup.logGroupName,
    accessLogs: producer.accessLogs.logGroupName,
    topology: topology.topology.logGroup.logGroupName,
    probe: probe.probe.logGroup.logGroupName,
    operator: operator.operator.logGroup.logGroupName,
  }
  const byClass = workers.map(({ worker, logGroup }) => [worker.name, logGroup.logGroupName])
  const count = 50
  const split = expectedSplit(settings.workers, count).map(({ name, tasks }) => `${tasks} by ${name}`)
  const values: Record<keyof typeof outputs, string> = {
    endpoint: producer.endpoint,
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
    firstCommand: `npm run send -- ${environmentName} --count ${count} --type digest`,
  }
  for (const [key, value] of Object.entries(values)) {
    const output = new CfnOutput(stack, outputs[key as keyof typeof outputs], { value })
    if (key === 'firstCommand')
      output.description = `Expect about ${split.join(', ')}: digest is CPU work, and who is done sooner gets the next task. Tasks of type sleep would split evenly over the slots, since waiting takes as long on a small worker as on a large one.`
  }
}

/**
 * How many of `count` equal CPU-bound tasks each worker class does, when every class has the tasks it starts with: in
 * proportion to its CPU, since a faster worker is given the next task sooner.
 */
export function expectedSplit(
  workers: readonly Pick<WorkerClass, 'name' | 'cpu' | 'minTasks'>[],
  count: number,
): { readonly name: string; readonly tasks: number }[] {
  const cpu = (worker: (typeof workers)[number]) => worker.cpu * worker.minTasks
  const total = workers.reduce((sum, worker) => sum + cpu(worker), 0) || 1
  return workers.map((worker) => ({ name: worker.name, tasks: Math.round((count * cpu(worker)) / total) }))
}
