import { Arn, ArnFormat, CustomResource, Duration, Stack } from 'aws-cdk-lib'
import type * as ecs from 'aws-cdk-lib/aws-ecs'
import * as events from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import * as iam from 'aws-cdk-lib/aws-iam'
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations'
import * as logs from 'aws-cdk-lib/aws-logs'
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager'
import type * as sqs from 'aws-cdk-lib/aws-sqs'
import { Provider } from 'aws-cdk-lib/custom-resources'
import { Construct } from 'constructs'
import type { topologyEnvironment, Variables } from '../../services/contract/environment.ts'
import {
  brokerUser,
  definitions,
  secondAdmin,
  type TopologySettings,
  type UserRole,
} from '../../services/contract/topology.ts'
import { type TopologyProperties, topologyTimeoutSeconds } from '../../services/contract/topology-resource.ts'
import { acknowledge, logicalId, managedPolicy, wildcard } from './acknowledge.ts'
import { brokerUserSecret } from './broker-user.ts'
import { allowKeyThrough } from './encryption.ts'
import { FailedEvents } from './failed-events.ts'
import { type FunctionSettings, ServiceFunction } from './service-function.ts'

export interface QueueTopologyProps extends FunctionSettings {
  readonly settings: TopologySettings
  readonly code: string
  readonly cluster: ecs.Cluster
  /** Names of the ECS services that get the worker's password when a task starts. */
  readonly workerServices: readonly string[]
}

/**
 * Applies `services/contract/topology.ts` to the broker: exchange, queues, policies and a user for each service.
 * Everything that uses the queue depends on this construct.
 *
 * Runs when the definitions change, since they are a property, and when a password does, since Secrets Manager sends
 * an event for that. The function alone knows the administrator.
 */
export class QueueTopology extends Construct {
  /** The broker user of each service; the producer's only where the queue has one. */
  readonly secrets: Readonly<Record<Exclude<UserRole, 'producer'>, secretsmanager.Secret>> & {
    readonly producer?: secretsmanager.Secret
  }
  readonly topology: ServiceFunction
  /** Changes of passwords that did not reach the broker. */
  readonly failures: sqs.Queue
  /** What a user of the queue depends on: when it is there, the broker is as asked. */
  readonly resource: CustomResource

  constructor(scope: Construct, id: string, props: QueueTopologyProps) {
    super(scope, id)
    const { settings, broker, encryptionKey } = props
    const { queue } = settings
    // a new id for a new name: if the name changed in place, the secret would get a password that nobody gives
    // the broker
    const secretOf = (id: string, username: string) =>
      brokerUserSecret(this, `${queue}-${id}`, username, props)
    this.secrets = {
      ...(settings.producer && { producer: secretOf('ProducerSecret', brokerUser(queue, 'producer')) }),
      worker: secretOf('WorkerSecret', brokerUser(queue, 'worker')),
      probe: secretOf('ProbeSecret', brokerUser(queue, 'probe')),
      operator: secretOf('OperatorSecret', brokerUser(queue, 'operator')),
    }
    const adminSecret = secretOf('SecondAdministrator', secondAdmin(queue))
    const users = Object.entries(this.secrets).map(([role, { secretArn }]) => ({
      name: brokerUser(queue, role as UserRole),
      secretArn,
    }))
    this.topology = this.createFunction(props, users, adminSecret)
    this.failures = new FailedEvents(this, 'Failures', encryptionKey).queue
    // Lambda sends in the function's role: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    if (encryptionKey)
      allowKeyThrough('sqs', encryptionKey, ['kms:Decrypt', 'kms:GenerateDataKey'], this.topology.function)
    // two more tries, within minutes; without this, nobody would know of the last failure
    this.topology.function.configureAsyncInvoke({
      retryAttempts: 2,
      onFailure: new SqsDestination(this.failures),
    })
    this.resource = this.createResource(props, {
      definitions: JSON.stringify(definitions(settings)),
      brokerManagementUrl: broker.managementUrl,
      adminSecretArn: broker.adminSecret.secretArn,
      secondAdminSecretArn: adminSecret.secretArn,
      users,
    })
    // if the rule were created earlier, it would take the first values of new secrets for changes
    this.runOnNewPassword([
      ...Object.values(this.secrets),
      adminSecret,
      broker.adminSecret,
    ]).node.addDependency(this.resource)
  }

  private createFunction(
    props: QueueTopologyProps,
    users: TopologyProperties['users'],
    adminSecret: secretsmanager.Secret,
  ): ServiceFunction {
    const { broker, cluster, settings, workerServices } = props
    const stack = Stack.of(this)
    const topology = new ServiceFunction(this, 'Topology', {
      ...props,
      description: 'Applies the queue topology and passwords to the broker',
      environment: {
        BROKER_MANAGEMENT_URL: broker.managementUrl,
        QUEUE_NAME: settings.queue,
        ADMIN_SECRET_ARN: broker.adminSecret.secretArn,
        SECOND_ADMIN_SECRET_ARN: adminSecret.secretArn,
        USER_SECRETS: stack.toJsonString(users),
        WORKER_SERVICES: stack.toJsonString(
          workerServices.map((service) => ({ cluster: cluster.clusterName, service })),
        ),
      } satisfies Variables<typeof topologyEnvironment>,
      secrets: [broker.adminSecret, adminSecret, ...Object.values(this.secrets)],
      brokerPorts: [443],
      timeout: Duration.seconds(topologyTimeoutSeconds),
    })
    const serviceArn = (resourceName: string) =>
      Arn.format(
        { service: 'ecs', resource: 'service', resourceName, arnFormat: ArnFormat.SLASH_RESOURCE_NAME },
        stack,
      )
    topology.function.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ['ecs:UpdateService'],
        resources: workerServices.map((service) => serviceArn(`${cluster.clusterName}/${service}`)),
      }),
    )
    return topology
  }

  private createResource(props: QueueTopologyProps, properties: TopologyProperties): CustomResource {
    const provider = new Provider(this, 'Provider', {
      onEventHandler: this.topology.function,
      logGroup: new logs.LogGroup(this, 'ProviderLogs', {
        retention: props.logDays,
        removalPolicy: props.removalPolicy,
        encryptionKey: props.encryptionKey,
      }),
    })
    const resource = new CustomResource(this, 'Resource', {
      serviceToken: provider.serviceToken,
      resourceType: 'Custom::QueueTopology',
      properties,
      // CloudFormation gives up after an hour otherwise, should the function die without an answer
      serviceTimeout: Duration.seconds(topologyTimeoutSeconds + 60),
    })
    acknowledge(provider, {
      [managedPolicy('AWSLambdaBasicExecutionRole')]:
        'CDK’s provider framework has it so; the function can read no secret and no message.',
      [wildcard('<', logicalId(this.topology.function), '.Arn>:*')]:
        'CDK’s provider framework may invoke any version of this one function.',
    })
    return resource
  }

  /** https://docs.aws.amazon.com/secretsmanager/latest/userguide/event-detail-secret-label-updated-secretsmanager.html */
  private runOnNewPassword(secrets: readonly secretsmanager.ISecret[]): events.Rule {
    return new events.Rule(this, 'NewPassword', {
      description: 'Gives the broker the new password of a secret, then restarts the workers if it is theirs',
      eventPattern: {
        source: ['aws.secretsmanager'],
        detailType: ['Secret Label Updated'],
        resources: secrets.map(({ secretArn }) => secretArn),
        detail: { labelUpdated: ['AWSCURRENT'] },
      },
      targets: [
        new LambdaFunction(this.topology.function, { retryAttempts: 5, deadLetterQueue: this.failures }),
      ],
    })
  }
}
