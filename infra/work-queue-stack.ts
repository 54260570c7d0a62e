import { Stack, type StackProps } from 'aws-cdk-lib'
import * as ecs from 'aws-cdk-lib/aws-ecs'
import type { Construct } from 'constructs'
import { placed, publishesTo } from '../services/contract/publishing.ts'
import { type Schedule, schedulesIn } from '../services/contract/schedule.ts'
import { defaultTopology, type TopologySettings } from '../services/contract/topology.ts'
import { taskTypes } from '../services/tasks/registry.ts'
import { addOutputs } from './add-outputs.ts'
import type { Bundles } from './bundle/bundle.ts'
import { acknowledge } from './constructs/acknowledge.ts'
import { BacklogScaling } from './constructs/backlog-scaling.ts'
import { keyOf } from './constructs/encryption.ts'
import { AwsLogGroups, type LogSettings } from './constructs/helper-logs.ts'
import { Ledger } from './constructs/ledger.ts'
import { Monitoring } from './constructs/monitoring/monitoring.ts'
import { type MetricSource, queueMetric } from './constructs/monitoring/queue-metric.ts'
import { Operator } from './constructs/operator.ts'
import { ProducerApi } from './constructs/producer-api.ts'
import { QueueProbe } from './constructs/queue-probe.ts'
import { QueueTopology } from './constructs/queue-topology.ts'
import { TaskAccess } from './constructs/task-access.ts'
import { TaskSchedules } from './constructs/task-schedules.ts'
import { Tracing } from './constructs/tracing.ts'
import { WorkerService } from './constructs/worker-service.ts'
import type { FoundationStack } from './foundation-stack.ts'
import { namesOf } from './names.ts'
import { removalPolicyOf } from './removal-policy.ts'
import type { Environment, ProducerSettings, QueueSettings } from './settings/environment.ts'
import { consumerTimeoutSeconds } from './timing.ts'

export interface WorkQueueStackProps extends StackProps {
  readonly environmentName: string
  readonly environment: Environment
  /** Of this queue: one of the environment's. */
  readonly settings: QueueSettings
  /** Of the default queue alone, which takes tasks in for all: `moreQueues` are the names of the others. */
  readonly producer?: { readonly settings: ProducerSettings; readonly moreQueues: readonly string[] }
  readonly foundation: FoundationStack
  /** The code, as infra/bundle/bundle.ts makes it. */
  readonly bundles: Pick<Bundles, 'lambda' | 'worker'>
  /** Of all environments. @default none */
  readonly schedules?: readonly Schedule[]
}

/** A queue and all that works for it: what is deployed daily. */
export class WorkQueueStack extends Stack {
  readonly topology: QueueTopology
  readonly probe: QueueProbe
  readonly operator: Operator
  readonly workers: readonly WorkerService[]
  readonly producer?: ProducerApi
  /** Of the default queue alone, which keeps it for all. */
  readonly ledger?: Ledger
  readonly cluster: ecs.Cluster
  readonly metrics: MetricSource
  /** The stack's own name. */
  readonly dashboardName: string

  constructor(scope: Construct, id: string, props: WorkQueueStackProps) {
    super(scope, id, { ...props, terminationProtection: props.environment.keepData })
    const { environment, settings, foundation, bundles } = props
    const { queue, probeSeconds = 60 } = settings
    const { queue: defaultQueue, ledger: kept } = environment.workQueue
    this.dashboardName = id
    this.metrics = { namespace: namesOf(props.environmentName).metricsNamespace, queue }
    const common = {
      network: foundation.network,
      broker: foundation.broker,
      queue,
      metricsNamespace: this.metrics.namespace,
      logDays: environment.logDays,
      removalPolicy: removalPolicyOf(environment),
      encryptionKey: keyOf(this, environment),
    }
    const ledger = kept && {
      ...kept,
      tableName: namesOf(props.environmentName).ledger,
      encryptionKey: common.encryptionKey,
    }
    if (ledger && props.producer) this.ledger = new Ledger(this, 'Ledger', ledger)
    const tracing =
      environment.tracing &&
      new Tracing(this, 'Tracing', {
        settings: environment.tracing,
        deployment: namesOf(props.environmentName).deployment,
        encryptionKey: common.encryptionKey,
      })
    this.cluster = this.createCluster(settings, foundation, common)
    const topology: TopologySettings = {
      ...defaultTopology(queue),
      maxLength: settings.maxLength,
      deadLettersMaxLength: settings.deadLettersMaxLength,
      producer: props.producer && {
        connections: props.producer.settings.connections,
        moreQueues: props.producer.moreQueues,
      },
      consumerTimeoutSeconds,
      workerPublishesTo: publishesTo(placed(taskTypes, defaultQueue), queue),
    }
    this.topology = new QueueTopology(this, 'Topology', {
      ...common,
      settings: topology,
      code: bundles.lambda('topology'),
      cluster: this.cluster,
      workerServices: settings.workers.map((worker) => worker.name),
    })
    const { secrets } = this.topology
    const taskAccess = new TaskAccess(this, 'TaskAccess')
    this.workers = settings.workers.map(
      (worker) =>
        new WorkerService(this, `Worker-${worker.name}`, {
          ...common,
          worker,
          cluster: this.cluster,
          secret: secrets.worker,
          taskLogSample: settings.taskLogSample ?? 1,
          image: bundles.worker,
          taskAccess,
          defaultQueue,
          deliveryLimit: topology.deliveryLimit,
          ledger,
          tracing,
        }),
    )
    if (props.producer && secrets.producer)
      this.producer = new ProducerApi(this, 'ProducerApi', {
        ...common,
        ...props.producer,
        tracing,
        secret: secrets.producer,
        code: bundles.lambda('producer'),
        ledger,
      })
    const schedules = this.createSchedules(props, common.encryptionKey)
    this.probe = new QueueProbe(this, 'QueueProbe', {
      ...common,
      secret: secrets.probe,
      code: bundles.lambda('probe'),
      workers: settings.workers,
      probeSeconds,
    })
    this.operator = new Operator(this, 'Operator', {
      ...common,
      secret: secrets.operator,
      code: bundles.lambda('operator'),
      ledger,
    })
    for (const { service, worker } of this.workers) {
      new BacklogScaling(service, 'Scaling', {
        service,
        worker,
        probeSeconds,
        backlogPerSlot: queueMetric(this.metrics, 'BacklogPerSlot'),
        wakeUp: queueMetric(this.metrics, 'WakeUp', { WorkerClass: worker.name }),
      })
    }
    new Monitoring(this, 'Monitoring', {
      ...this.metrics,
      brokerName: foundation.broker.brokerName,
      clusterName: this.cluster.clusterName,
      workers: settings.workers,
      workerLogGroups: this.workers.map(({ logGroup }) => logGroup),
      api: this.producer?.api,
      failures: this.topology.failures,
      ledger: this.ledger?.table,
      schedules,
      topic: foundation.alarmTopic,
      dashboardName: this.dashboardName,
    })
    this.deployInOrder()
    addOutputs(this, props.environmentName, settings)
  }

  /** Nothing where none is of this environment. */
  private createSchedules(
    { environmentName, schedules = [] }: WorkQueueStackProps,
    encryptionKey: LogSettings['encryptionKey'],
  ): TaskSchedules | undefined {
    const own = schedulesIn(environmentName, schedules)
    const { producer } = this
    if (own.length === 0 || producer === undefined) return undefined
    return new TaskSchedules(this, 'Schedules', {
      schedules: own,
      groupName: namesOf(environmentName).scheduleGroup,
      producer: producer.producer.function,
      encryptionKey,
    })
  }

  /** Topology, then workers, then producer: no task is published that no worker knows. */
  private deployInOrder(): void {
    const services = this.workers.map(({ service }) => service)
    for (const service of services) service.node.addDependency(this.topology.resource)
    if (this.ledger) for (const user of [...services, this.operator]) user.node.addDependency(this.ledger)
    this.producer?.node.addDependency(...services)
    this.probe.node.addDependency(this.topology.resource)
    this.operator.node.addDependency(this.topology.resource)
  }

  private createCluster(
    { containerInsights }: QueueSettings,
    { network }: FoundationStack,
    logSettings: LogSettings,
  ): ecs.Cluster {
    const cluster = new ecs.Cluster(this, 'Cluster', {
      vpc: network.vpc,
      enableFargateCapacityProviders: true,
      containerInsightsV2: containerInsights ? ecs.ContainerInsights.ENABLED : ecs.ContainerInsights.DISABLED,
    })
    if (containerInsights) {
      new AwsLogGroups(this, 'InsightsLogs', {
        ...logSettings,
        owner: cluster.node.defaultChild as ecs.CfnCluster,
        names: (name) => [`/aws/ecs/containerinsights/${name}/performance`],
      })
    } else {
      acknowledge(cluster, {
        'AwsSolutions-ECS4':
          'Off where cost matters more (about $8 a month here): the probe counts the slots in service, which scaling and alarms use.',
      })
    }
    return cluster
  }
}
