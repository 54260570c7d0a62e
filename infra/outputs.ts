import type { WorkerClass } from './settings/environment.ts'

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
