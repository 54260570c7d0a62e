import { infra, integration, type Sabotage, unit } from './sabotage.ts'

const wiring = [infra('wiring')]
const workers = [infra('workers')]
const monitoring = [infra('monitoring')]
const logs = [infra('logs')]
const topology = 'infra/constructs/queue-topology.ts'
const probe = 'infra/constructs/queue-probe.ts'
const service = 'infra/constructs/worker-service.ts'
const scaling = 'infra/constructs/backlog-scaling.ts'
const lambda = 'infra/constructs/service-function.ts'
const alarms = 'infra/constructs/monitoring'

/** What connects the parts: variables, secrets, handlers, metrics, alarms and logs, of the template and of the code. */
export const wiringSabotages: readonly Sabotage[] = [
  {
    name: 'producer-without-its-queue',
    file: 'infra/constructs/producer-api.ts',
    find: '        QUEUE_NAME: props.queue,\n',
    replace: '',
    noticedBy: wiring,
  },
  {
    name: 'probe-with-a-variable-that-nobody-reads',
    file: probe,
    find: 'METRICS_NAMESPACE: props.metricsNamespace',
    replace: 'METRIC_NAMESPACE: props.metricsNamespace',
    noticedBy: wiring,
  },
  {
    name: 'operator-without-the-right-address',
    file: 'infra/constructs/operator.ts',
    find: 'BROKER_URL: props.broker.amqpUrl',
    replace: 'BROKER_URL: props.broker.managementUrl',
    noticedBy: wiring,
  },
  {
    name: 'management-on-the-port-of-amqp',
    file: 'infra/constructs/broker.ts',
    find: "['https://', host, ':443']",
    replace: "['https://', host, ':5671']",
    noticedBy: wiring,
  },
  {
    name: 'worker-without-its-password',
    file: service,
    find: "BROKER_PASSWORD: ecs.Secret.fromSecretsManager(secret, 'password')",
    replace: "BROKER_PASSWORD: ecs.Secret.fromSecretsManager(secret, 'pass')",
    noticedBy: wiring,
  },
  {
    name: 'worker-acknowledges-on-arrival',
    file: service,
    find: "WORKER_ACK: 'manual'",
    replace: "WORKER_ACK: 'auto'",
    noticedBy: [...wiring, ...workers],
  },
  {
    name: 'worker-without-prefetch',
    file: service,
    find: "WORKER_PREFETCH: '1'",
    replace: "WORKER_PREFETCH: '0'",
    noticedBy: [...wiring, ...workers],
  },
  {
    name: 'broker-user-without-a-secret',
    file: topology,
    find: 'brokerUserSecret(this, name, brokerUser(queue, role), removalPolicy)',
    replace: 'brokerUserSecret(this, name, queue, removalPolicy)',
    noticedBy: wiring,
  },
  {
    name: 'topology-restarts-what-is-not-there',
    file: topology,
    find: '({ cluster: cluster.clusterName, service })',
    replace: `({ cluster: cluster.clusterName, service: \`\${service}-worker\` })`,
    noticedBy: wiring,
  },
  {
    name: 'probe-wakes-nobody',
    file: probe,
    find: 'wakeUpBacklog === undefined ? []',
    replace: 'wakeUpBacklog !== undefined ? []',
    noticedBy: wiring,
  },
  {
    name: 'handler-in-a-file-that-is-not-there',
    file: 'services/bundle.ts',
    find: "out: 'index'",
    replace: "out: 'main'",
    noticedBy: wiring,
  },
  {
    name: 'worker-class-with-another-cpu',
    file: service,
    find: '      cpu: worker.cpu,\n',
    replace: '      cpu: 1024,\n',
    noticedBy: workers,
  },
  {
    name: 'stop-timeout-below-a-task',
    file: 'infra/limits.ts',
    find: 'stopTimeoutSeconds = 120',
    replace: 'stopTimeoutSeconds = 30',
    noticedBy: [...workers, infra('checks')],
  },
  {
    name: 'health-check-of-another-port',
    file: 'services/contract/health.ts',
    find: `/dev/tcp/127.0.0.1/\${port}`,
    replace: '/dev/tcp/127.0.0.1/80',
    noticedBy: workers,
  },
  {
    name: 'worker-waits-for-its-logs',
    file: service,
    find: 'ecs.AwsLogDriverMode.NON_BLOCKING',
    replace: 'ecs.AwsLogDriverMode.BLOCKING',
    noticedBy: workers,
  },
  {
    name: 'deployment-without-a-way-back',
    file: service,
    find: 'circuitBreaker: { enable: true, rollback: true }',
    replace: 'circuitBreaker: { enable: true, rollback: false }',
    noticedBy: workers,
  },
  {
    name: 'spot-class-on-demand',
    file: service,
    find: "worker.spot ? 'FARGATE_SPOT' : 'FARGATE'",
    replace: "'FARGATE'",
    noticedBy: workers,
  },
  {
    name: 'service-without-its-capacity-provider',
    file: service,
    find: 'addDependency(securityGroup, cluster)',
    replace: 'addDependency(securityGroup)',
    noticedBy: workers,
  },
  {
    name: 'class-scales-by-another-target',
    file: scaling,
    find: 'targetValue: worker.backlogPerSlot',
    replace: 'targetValue: 2 * worker.backlogPerSlot',
    noticedBy: workers,
  },
  {
    name: 'class-at-zero-stays-there',
    file: scaling,
    find: 'if (worker.minTasks === 0) this.wakeUp',
    replace: 'if (worker.minTasks < 0) this.wakeUp',
    noticedBy: workers,
  },
  {
    name: 'burst-class-for-the-smallest-load',
    file: 'infra/environments.ts',
    find: '        wakeUpBacklog: 200,\n',
    replace: '        wakeUpBacklog: 1,\n',
    noticedBy: [infra('simulate')],
  },
  {
    name: 'image-for-the-machine-that-deploys',
    file: service,
    find: "platform: worker.architecture === 'ARM64' ? assets.Platform.LINUX_ARM64 : assets.Platform.LINUX_AMD64",
    replace: 'platform: assets.Platform.LINUX_AMD64',
    noticedBy: workers,
  },
  {
    name: 'alarm-that-tells-nobody',
    file: `${alarms}/monitoring.ts`,
    find: 'for (const alarm of [...alarms, stopped]) alarm',
    replace: 'for (const alarm of alarms) alarm',
    noticedBy: monitoring,
  },
  {
    name: 'alarm-without-its-section',
    file: `${alarms}/monitoring.ts`,
    find: `\${spec.description} docs/runbook.md#`,
    replace: `\${spec.description} docs/runbook.md#the-`,
    noticedBy: monitoring,
  },
  {
    name: 'probe-asked-for-a-metric-that-it-has-not',
    file: `${alarms}/dashboard-tasks.ts`,
    find: "queueMetric(watched, 'DrainSeconds')",
    replace: "queueMetric(watched, 'DrainMinutes' as 'DrainSeconds')",
    noticedBy: monitoring,
  },
  {
    name: 'broker-asked-for-a-metric-that-it-has-not',
    file: `${alarms}/broker-alarms.ts`,
    find: "metric('SystemCpuUtilization')",
    replace: "metric('CpuUtilization')",
    noticedBy: monitoring,
  },
  {
    name: 'silence-taken-for-trouble',
    file: `${alarms}/broker-alarms.ts`,
    find: '        evaluationPeriods: 15,\n        comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,\n        treatMissingData: cloudwatch.TreatMissingData.MISSING',
    replace:
      '        evaluationPeriods: 15,\n        comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,\n        treatMissingData: cloudwatch.TreatMissingData.BREACHING',
    noticedBy: monitoring,
  },
  {
    name: 'alarm-longer-than-a-day',
    file: `${alarms}/broker-alarms.ts`,
    find: 'evaluationPeriods: 15',
    replace: 'evaluationPeriods: 1_500',
    noticedBy: monitoring,
  },
  {
    name: 'dashboard-without-a-row',
    file: `${alarms}/dashboard.ts`,
    find: '[flow, fairness, waits,',
    replace: '[flow, waits,',
    noticedBy: monitoring,
  },
  {
    name: 'metric-that-the-docs-do-not-know',
    file: 'docs/metrics.md',
    find: '| `DrainSeconds` |',
    replace: '| `DrainTime` |',
    noticedBy: monitoring,
  },
  {
    name: 'metric-without-its-unit',
    file: 'services/contract/emit.ts',
    find: 'metrics[name].unit',
    replace: "('None' as const)",
    noticedBy: [unit('services/metrics-emit')],
  },
  {
    name: 'backlog-without-what-runs',
    file: 'services/probe/metrics.ts',
    find: '  const backlog = figures.ready + figures.inFlight\n  return {',
    replace: '  const backlog = figures.ready\n  return {',
    noticedBy: [unit('services/probe-metrics'), integration('probe')],
  },
  {
    name: 'function-with-a-log-group-of-lambdas-own',
    file: lambda,
    find: '      logGroup: this.logGroup,\n',
    replace: '',
    noticedBy: logs,
  },
  {
    name: 'logs-for-ever',
    file: lambda,
    find: '      retention: props.logDays,\n',
    replace: '',
    noticedBy: logs,
  },
  {
    name: 'broker-logs-for-ever',
    file: 'infra/constructs/broker.ts',
    find: "['general', 'connection', 'channel', 'mirroring']",
    replace: "['general', 'connection']",
    noticedBy: logs,
  },
  {
    name: 'stack-without-tags',
    file: 'infra/app.ts',
    find: "Tags.of(stack).add('environment', environmentName)",
    replace: "Tags.of(stack).add('stage', environmentName)",
    noticedBy: logs,
  },
]
