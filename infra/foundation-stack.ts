import { CfnOutput, Fn, Stack, type StackProps } from 'aws-cdk-lib'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { Construct } from 'constructs'
import { AmazonMqBroker } from './constructs/broker.ts'
import { keyOf } from './constructs/encryption.ts'
import type { LogSettings } from './constructs/helper-logs.ts'
import { alarmTopic } from './constructs/monitoring/alarm-topic.ts'
import { BrokerAlarms } from './constructs/monitoring/broker-alarms.ts'
import { MonthlyBudget } from './constructs/monitoring/monthly-budget.ts'
import { Network } from './constructs/network.ts'
import { namesOf } from './names.ts'
import { removalPolicyOf } from './removal-policy.ts'
import type { Environment } from './settings/environment.ts'

export interface FoundationStackProps extends StackProps {
  readonly environmentName: string
  readonly environment: Environment
}

/**
 * What is slow to create and holds state: the network and the broker. It is rarely deployed, and hardly ever deleted.
 *
 * When a sandbox is destroyed, these stay: code and images in the bucket and the repository of `cdk bootstrap`,
 * inactive task definitions, metrics until they expire, service-linked roles, and perhaps a log group that its writer
 * created again at the end (the broker's `general`, the flow logs').
 */
export class FoundationStack extends Stack {
  readonly network: Network
  readonly broker: AmazonMqBroker
  readonly alarmTopic: ITopic
  private readonly zones: readonly string[]

  constructor(
    scope: Construct,
    id: string,
    { environmentName, environment, ...props }: FoundationStackProps,
  ) {
    super(scope, id, { ...props, terminationProtection: environment.keepData })
    const kept: LogSettings = {
      logDays: environment.logDays,
      removalPolicy: removalPolicyOf(environment),
      encryptionKey: keyOf(this, environment),
    }
    this.zones = zoneNames(environment.network.zones)
    this.network = new Network(this, 'Network', {
      settings: environment.network,
      dynamoDb: environment.workQueue.ledger !== undefined,
      xray: environment.tracing?.to === 'xray',
      ...kept,
    })
    // AWS refuses to remove an export that is in use: nothing needs these with NAT, but a stack that had public
    // addresses does
    for (const { subnetId } of this.network.vpc.publicSubnets) this.exportValue(subnetId)
    const names = namesOf(environmentName)
    this.broker = new AmazonMqBroker(this, 'Broker', {
      brokerName: names.broker,
      adminName: names.firstAdmin,
      settings: environment.broker,
      network: this.network,
      ...kept,
    })
    const topic = alarmTopic(this, environment.alarmEmail, kept.encryptionKey)
    this.alarmTopic = topic
    new BrokerAlarms(this, 'BrokerAlarms', {
      brokerName: names.broker,
      settings: environment.broker,
      topic,
    })
    const { monthlyBudgetUsd: usd } = environment
    if (usd !== undefined) new MonthlyBudget(this, 'Budget', { usd, deployment: names.deployment, topic })
    new CfnOutput(this, 'BrokerName', { value: names.broker })
    new CfnOutput(this, 'AlarmTopicArn', { value: topic.topicArn })
  }

  /** Set here, since CDK gives a stack without account and region two zones, whatever it asks for. */
  override get availabilityZones(): string[] {
    return [...this.zones]
  }
}

/** By position where only their number is given, so that synth needs no credentials. */
function zoneNames(zones: number | readonly string[]): readonly string[] {
  if (typeof zones !== 'number') return zones
  return Array.from({ length: zones }, (_, index) => Fn.select(index, Fn.getAzs()))
}
