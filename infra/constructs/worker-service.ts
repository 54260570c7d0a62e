import { Arn, ArnFormat, Duration, Size, Stack } from 'aws-cdk-lib'
import * as ec2 from 'aws-cdk-lib/aws-ec2'
import * as assets from 'aws-cdk-lib/aws-ecr-assets'
import * as ecs from 'aws-cdk-lib/aws-ecs'
import * as iam from 'aws-cdk-lib/aws-iam'
import * as logs from 'aws-cdk-lib/aws-logs'
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import type { Variables, workerEnvironment } from '../../services/contract/environment.ts'
import { healthCheckCommand, healthPort } from '../../services/contract/health.ts'
import { healthyPercent, stopTimeoutSeconds } from '../limits.ts'
import type { WorkerClass } from '../settings/environment.ts'
import { slotsOf, slotsPerThreadOf } from '../settings/worker-class.ts'
import { drainSeconds } from '../timing.ts'
import { acknowledge, arnIn, logicalId, wildcard } from './acknowledge.ts'
import type { AmazonMqBroker } from './broker.ts'
import type { LogSettings } from './helper-logs.ts'
import { allowLedger, type LedgerSettings, ledgerVariables } from './ledger.ts'
import type { Network } from './network.ts'
import { allowToRead } from './read-secret.ts'
import { tlsOnlySecurityGroup } from './service-function.ts'
import type { TaskAccess } from './task-access.ts'
import type { Tracing } from './tracing.ts'

export interface WorkerServiceProps extends LogSettings {
  readonly worker: WorkerClass
  readonly cluster: ecs.Cluster
  readonly network: Network
  readonly broker: AmazonMqBroker
  readonly queue: string
  /** The worker's broker user. */
  readonly secret: ISecret
  readonly metricsNamespace: string
  /** Share of the log lines of done tasks that is written. */
  readonly taskLogSample: number
  /** The worker's bundle with its Dockerfile. */
  readonly image: string
  readonly taskAccess: TaskAccess
  /** The queue of task types that name none. */
  readonly defaultQueue: string
  /** Failures that a task may have: for the ledger. */
  readonly deliveryLimit: number
  /** @default none */
  readonly ledger?: LedgerSettings | undefined
  /** @default no spans */
  readonly tracing?: Tracing | undefined
}

/** The ECS service of one worker class: as many equal Fargate tasks as its backlog asks for. */
export class WorkerService extends Construct {
  readonly worker: WorkerClass
  readonly service: ecs.FargateService
  readonly logGroup: logs.LogGroup

  constructor(scope: Construct, id: string, props: WorkerServiceProps) {
    super(scope, id)
    const { worker, cluster, network, broker } = props
    this.worker = worker
    this.logGroup = new logs.LogGroup(this, 'Logs', {
      retention: props.logDays,
      removalPolicy: props.removalPolicy,
      encryptionKey: props.encryptionKey,
    })
    const securityGroup = tlsOnlySecurityGroup(this, network, `Worker ${worker.name}`)
    securityGroup.connections.allowTo(broker, ec2.Port.tcp(5671))
    const taskDefinition = new ecs.FargateTaskDefinition(this, 'Task', {
      cpu: worker.cpu,
      memoryLimitMiB: worker.memoryMiB,
      runtimePlatform: {
        operatingSystemFamily: ecs.OperatingSystemFamily.LINUX,
        cpuArchitecture: ecs.CpuArchitecture.of(worker.architecture),
      },
    })
    const container = this.addContainer(taskDefinition, props)
    this.allowTaskProtection(taskDefinition.taskRole, cluster)
    if (props.ledger) allowLedger(this, props.ledger, 'worker', taskDefinition.taskRole)
    props.tracing?.ofContainer('worker', container, taskDefinition.taskRole)
    acknowledge(taskDefinition, {
      'AwsSolutions-ECS2': 'The variables are settings that anybody may read; user and password are secrets.',
    })
    acknowledge(taskDefinition.obtainExecutionRole(), {
      [wildcard('*')]:
        'The execution role may ask ECR for a token, which IAM cannot narrow down; pulling is allowed from the one repository.',
    })
    props.taskAccess.grant({
      workerClass: worker.name,
      role: taskDefinition.taskRole,
      securityGroup,
      container,
    })
    this.service = new ecs.FargateService(this, 'Service', {
      cluster,
      taskDefinition,
      // a dimension of ECS's metrics, and how the topology function finds it to restart it
      serviceName: worker.name,
      assignPublicIp: network.publicAddress,
      vpcSubnets: network.taskSubnets,
      securityGroups: [securityGroup],
      // always a capacity provider: a change between that and a launch type would replace the service
      capacityProviderStrategies: [{ capacityProvider: worker.spot ? 'FARGATE_SPOT' : 'FARGATE', weight: 1 }],
      minHealthyPercent: healthyPercent.min,
      maxHealthyPercent: healthyPercent.max,
      circuitBreaker: { enable: true, rollback: true },
      // ECS would stop running tasks to move them to another zone
      availabilityZoneRebalancing: ecs.AvailabilityZoneRebalancing.DISABLED,
      propagateTags: ecs.PropagatedTagSource.SERVICE,
      enableECSManagedTags: true,
    })
    // the broker must be reachable before a worker starts, its image and secrets too, and a service needs its capacity
    // provider until it is gone
    this.service.node.addDependency(securityGroup, taskDefinition.obtainExecutionRole(), cluster)
  }

  private addContainer(task: ecs.FargateTaskDefinition, props: WorkerServiceProps): ecs.ContainerDefinition {
    const { worker, broker, secret } = props
    const linuxParameters = new ecs.LinuxParameters(this, 'Linux', { initProcessEnabled: true })
    // a bind-mounted volume would belong to root
    linuxParameters.addTmpfs({
      containerPath: '/tmp',
      size: 64,
      mountOptions: [ecs.TmpfsMountOption.RW, ecs.TmpfsMountOption.NOSUID, ecs.TmpfsMountOption.NODEV],
    })
    return task.addContainer('worker', {
      image: ecs.ContainerImage.fromAsset(props.image, {
        // without it Docker builds for the machine that deploys, whatever the task asks for
        platform: worker.architecture === 'ARM64' ? assets.Platform.LINUX_ARM64 : assets.Platform.LINUX_AMD64,
      }),
      user: '1000',
      readonlyRootFilesystem: true,
      linuxParameters,
      stopTimeout: Duration.seconds(stopTimeoutSeconds),
      environment: {
        BROKER_URL: broker.amqpUrl,
        QUEUE_NAME: props.queue,
        WORKER_CLASS: worker.name,
        WORKER_SLOTS: String(slotsOf(worker)),
        WORKER_SLOTS_PER_THREAD: String(slotsPerThreadOf(worker)),
        WORKER_ACK: 'manual',
        WORKER_PREFETCH: '1',
        DRAIN_SECONDS: String(drainSeconds),
        HEALTH_PORT: String(healthPort),
        METRICS_NAMESPACE: props.metricsNamespace,
        TASK_LOG_SAMPLE: String(props.taskLogSample),
        ...(props.defaultQueue === props.queue ? {} : { DEFAULT_QUEUE: props.defaultQueue }),
        ...ledgerVariables(props.ledger),
        ...(props.ledger ? { DELIVERY_LIMIT: String(props.deliveryLimit) } : {}),
      } satisfies Omit<Variables<typeof workerEnvironment>, 'BROKER_USERNAME' | 'BROKER_PASSWORD'>,
      secrets: {
        BROKER_USERNAME: secretField(secret, 'username'),
        BROKER_PASSWORD: secretField(secret, 'password'),
      },
      healthCheck: {
        command: healthCheckCommand(),
        interval: Duration.seconds(30),
        timeout: Duration.seconds(5),
        retries: 3,
        startPeriod: Duration.seconds(60),
      },
      logging: ecs.LogDrivers.awsLogs({
        streamPrefix: worker.name,
        logGroup: this.logGroup,
        // a worker does not wait for its logs: under pressure it drops lines, not tasks
        mode: ecs.AwsLogDriverMode.NON_BLOCKING,
        maxBufferSize: Size.mebibytes(25),
      }),
    })
  }

  /** A worker protects itself from scale-in and deployments while a long task runs; only its own cluster's tasks. */
  private allowTaskProtection(role: iam.IRole, cluster: ecs.Cluster): void {
    const tasks = Arn.format(
      {
        service: 'ecs',
        resource: 'task',
        resourceName: `${cluster.clusterName}/*`,
        arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
      },
      Stack.of(this),
    )
    role.addToPrincipalPolicy(
      new iam.PolicyStatement({
        actions: ['ecs:GetTaskProtection', 'ecs:UpdateTaskProtection'],
        resources: [tasks],
      }),
    )
    acknowledge(role, {
      [wildcard(arnIn(this, 'ecs'), 'task/<', logicalId(cluster), '>/*')]:
        'A task learns its own ARN only when it runs; with the wildcard it can protect its siblings in the same cluster too, and do nothing else to them.',
    })
  }
}

/** A field of a secret for a container: ECS may read the value, in the execution role, and nothing else. */
function secretField(secret: ISecret, field: string): ecs.Secret {
  return Object.assign(ecs.Secret.fromSecretsManager(secret, field), {
    grantRead: (grantee: iam.IGrantable) => allowToRead(secret, grantee),
  })
}
