/**
 * The outputs of a work queue's stack, by which the operator's commands find a deployed environment. Those that hold
 * several values are JSON.
 */
export const outputs = {
  endpoint: 'Endpoint',
  region: 'Region',
  queue: 'QueueName',
  deadLetters: 'DeadLetterQueueName',
  metricsNamespace: 'MetricsNamespace',
  operatorFunction: 'OperatorFunctionName',
  cluster: 'ClusterName',
  /** JSON: log group of each worker class, by its name. */
  workerLogGroups: 'WorkerLogGroups',
  /** JSON: log groups of producer, accessLogs, topology, probe, operator. */
  logGroups: 'LogGroups',
  firstCommand: 'FirstCommand',
} as const

/**
 * How many of `count` equal CPU-bound tasks each worker class does, when every class has the tasks it starts with: in
 * proportion to its CPU, since a faster worker is given the next task sooner.
 */
export function expectedSplit(
  workers: readonly { readonly name: string; readonly cpu: number; readonly minTasks: number }[],
  count: number,
): { readonly name: string; readonly tasks: number }[] {
  const weight = ({ cpu, minTasks }: { cpu: number; minTasks: number }) => cpu * minTasks
  const total = workers.reduce((sum, worker) => sum + weight(worker), 0) || 1
  return workers.map((worker) => ({
    name: worker.name,
    tasks: Math.round((count * weight(worker)) / total),
  }))
}
