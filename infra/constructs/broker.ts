import { Fn, type SecretValue } from 'aws-cdk-lib'
import * as amazonmq from 'aws-cdk-lib/aws-amazonmq'
import * as ec2 from 'aws-cdk-lib/aws-ec2'
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import { brokerNodes } from '../limits.ts'
import type { BrokerSettings } from '../settings/environment.ts'
import { acknowledge } from './acknowledge.ts'
import { AwsLogGroups, type LogSettings } from './helper-logs.ts'
import type { Network } from './network.ts'

export interface BrokerProps extends LogSettings {
  /** At most 50 of A-Z a-z 0-9 - _; the dimension of Amazon MQ's metrics. */
  readonly brokerName: string
  readonly adminName: string
  readonly settings: BrokerSettings
  readonly network: Network
}

/**
 * Amazon MQ for RabbitMQ, reachable only from inside the VPC and only with TLS. Most properties can never change:
 * another value replaces the broker with all that it holds. A test compares those with committed values.
 */
export class AmazonMqBroker extends Construct implements ec2.IConnectable {
  readonly brokerName: string
  /** `amqps://host:5671` */
  readonly amqpUrl: string
  /** `https://host:443`: the management API. */
  readonly managementUrl: string
  /** `{ username, password }` of the administrator that the broker was made with. */
  readonly adminSecret: secretsmanager.ISecret
  /** Without rules of its own: each client adds the rule that lets it in, in its own stack. */
  readonly connections: ec2.Connections

  constructor(scope: Construct, id: string, props: BrokerProps) {
    super(scope, id)
    const { settings, network, removalPolicy, encryptionKey } = props
    this.brokerName = props.brokerName
    this.adminSecret = this.createAdminSecret(props)
    const securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc: network.vpc,
      // neither this text nor the group can be changed as long as the broker lives
      description: 'RabbitMQ broker',
      allowAllOutbound: false,
    })
    securityGroup.applyRemovalPolicy(removalPolicy)
    this.connections = new ec2.Connections({ securityGroups: [securityGroup] })

    const { subnetIds } = network.vpc.selectSubnets(network.privateSubnets)
    const broker = new amazonmq.CfnBroker(this, 'Resource', {
      brokerName: props.brokerName,
      engineType: 'RABBITMQ',
      engineVersion: settings.version,
      deploymentMode: settings.mode,
      hostInstanceType: settings.instanceType,
      publiclyAccessible: false,
      // Amazon MQ insists on it from 3.13 on
      autoMinorVersionUpgrade: true,
      // only the first zones' subnets, also when zones are added: another list would replace the broker
      subnetIds: subnetIds.slice(0, brokerNodes[settings.mode]),
      securityGroups: [securityGroup.securityGroupId],
      users: [
        {
          username: props.adminName,
          password: dynamicReference(this.adminSecret.secretValueFromJson('password')),
        },
      ],
      logs: { general: true },
      // never set later: it would be another broker
      ...(encryptionKey && {
        encryptionOptions: { useAwsOwnedKey: false, kmsKeyId: encryptionKey.keyArn },
      }),
      maintenanceWindowStartTime: {
        dayOfWeek: settings.maintenance.day,
        timeOfDay: settings.maintenance.time,
        timeZone: 'UTC',
      },
    })
    broker.applyRemovalPolicy(removalPolicy)
    this.amqpUrl = Fn.select(0, broker.attrAmqpEndpoints)
    // taken from the endpoint, since the host's suffix depends on region and kind of address
    const host = Fn.select(0, Fn.split(':', Fn.select(1, Fn.split('//', this.amqpUrl))))
    this.managementUrl = Fn.join('', ['https://', host, ':443'])
    // the names are those of cdklabs/cdk-amazonmq; what the broker logs while it is deleted can make `general` once more
    new AwsLogGroups(this, 'Logs', {
      ...props,
      owner: broker,
      names: (brokerId) =>
        ['general', 'connection', 'channel', 'mirroring'].map(
          (kind) => `/aws/amazonmq/broker/${brokerId}/${kind}`,
        ),
    })
  }

  /**
   * If any of these properties changes, Secrets Manager generates a new password, and CloudFormation does not tell the
   * broker. The second administrator, which the topology creates, can repair that.
   */
  private createAdminSecret({ adminName, removalPolicy, encryptionKey }: BrokerProps): secretsmanager.Secret {
    const secret = new secretsmanager.Secret(this, 'AdminSecret', {
      description: 'RabbitMQ administrator, known to the broker since its creation: never regenerate',
      // Amazon MQ wants 12 characters or more, and none of , : =
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username: adminName }),
        generateStringKey: 'password',
        passwordLength: 40,
        excludePunctuation: true,
      },
      removalPolicy,
      encryptionKey,
    })
    acknowledge(secret, {
      'AwsSolutions-SMG4':
        'Amazon MQ takes no new password for a RabbitMQ user. Put a new value: the topology sets it through the management API, as the second administrator.',
    })
    return secret
  }
}

/** The value as `{{resolve:secretsmanager:…}}`: CloudFormation reads the secret, the template never holds it. */
function dynamicReference(value: SecretValue): string {
  return value.unsafeUnwrap()
}
