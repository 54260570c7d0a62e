import { Annotations, Stack, Tags } from 'aws-cdk-lib'
import * as ec2 from 'aws-cdk-lib/aws-ec2'
import * as iam from 'aws-cdk-lib/aws-iam'
import * as logs from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import type { ExistingNetwork, NewNetwork } from '../settings/environment.ts'
import { maxZones } from '../settings/network.ts'
import { imageLayers, ownAccountOnly } from './endpoint-policies.ts'
import { giveHelperLogs, type LogSettings } from './helper-logs.ts'

export interface NetworkProps extends LogSettings {
  /** Whether services send spans to X-Ray. */
  readonly xray: boolean
  readonly settings: NewNetwork | ExistingNetwork
  /** Whether services reach DynamoDB: no way out leads there from every subnet. @default false */
  readonly dynamoDb?: boolean
}

/** The addresses of a VPC of ours. They matter only if you connect it to others. */
const cidr = '10.0.0.0/16'

/**
 * How they are divided, for ever: each tier has a block of 4,096 in each of the maximum number of zones, the private
 * tier first. No setting moves a block, since CloudFormation would then replace the subnet, and with it the broker. A
 * new tier comes last; there is room for four more blocks.
 */
const blockMask = 20

/**
 * Where everything lives. Broker, functions and endpoints are in private subnets; how tasks get out is `egress`.
 * Prices are us-east-1's a month, before data:
 *
 * - `public-address` (sandbox): each task has a public address ($3.65) and no inbound rule; functions have no way out,
 *   so the two services that they call have an endpoint ($7.30 each in one zone): $22 with two tasks, $36 with six.
 *   One NAT gateway and its address would be $36.50 from the first task on, and costs $0.045 per GB besides.
 * - `none` (production): five interface endpoints in three zones, $110, and nothing outside AWS can be reached.
 * - `nat`: a NAT gateway per zone, $110 for three, and no interface endpoints, since all is reached through it.
 */
export class Network extends Construct {
  readonly vpc: ec2.IVpc
  /** For the broker and the functions. */
  readonly privateSubnets: ec2.SubnetSelection
  readonly taskSubnets: ec2.SubnetSelection
  /** Whether tasks need a public address to reach AWS. */
  readonly publicAddress: boolean

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id)
    const { settings } = props
    this.publicAddress = 'egress' in settings && settings.egress === 'public-address'
    this.vpc = 'vpcId' in settings ? this.existingVpc(settings) : this.newVpc(settings, props)
    const nat = 'egress' in settings && settings.egress === 'nat'
    this.privateSubnets = {
      subnetType: nat ? ec2.SubnetType.PRIVATE_WITH_EGRESS : ec2.SubnetType.PRIVATE_ISOLATED,
    }
    this.taskSubnets = this.publicAddress ? { subnetType: ec2.SubnetType.PUBLIC } : this.privateSubnets
  }

  private existingVpc({ vpcId, zones, privateSubnetIds }: ExistingNetwork): ec2.IVpc {
    // nothing here adds routes, so the subnets' route tables are of no interest
    Annotations.of(this).acknowledgeWarning('@aws-cdk/aws-ec2:noSubnetRouteTableId')
    return ec2.Vpc.fromVpcAttributes(this, 'Vpc', {
      vpcId,
      availabilityZones: [...zones],
      isolatedSubnetIds: [...privateSubnetIds],
    })
  }

  private newVpc({ egress }: NewNetwork, settings: NetworkProps): ec2.Vpc {
    const zones = Stack.of(this).availabilityZones.length
    const { PRIVATE_ISOLATED, PRIVATE_WITH_EGRESS, PUBLIC } = ec2.SubnetType
    const tiers: ec2.SubnetConfiguration[] = [
      {
        name: 'Private',
        subnetType: egress === 'nat' ? PRIVATE_WITH_EGRESS : PRIVATE_ISOLATED,
        cidrMask: blockMask,
      },
      // reserved: addresses only
      {
        name: 'Public',
        subnetType: PUBLIC,
        cidrMask: blockMask,
        reserved: egress === 'none',
        ...(egress === 'none' ? {} : { mapPublicIpOnLaunch: false }),
      },
    ]
    const vpc = new ec2.Vpc(this, 'Vpc', {
      ipAddresses: ec2.IpAddresses.cidr(cidr),
      maxAzs: zones,
      reservedAzs: maxZones - zones,
      natGateways: egress === 'nat' ? zones : 0,
      subnetConfiguration: tiers,
      // nothing is in it; closed so that nobody starts to use it
      restrictDefaultSecurityGroup: true,
    })
    // costs nothing; layers of images come from S3
    const s3 = vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 })
    ownAccountOnly(s3)
    imageLayers(s3)
    // costs nothing either
    if (settings.dynamoDb)
      ownAccountOnly(
        vpc.addGatewayEndpoint('DynamoDb', { service: ec2.GatewayVpcEndpointAwsService.DYNAMODB }),
      )
    giveHelperLogs(this, ['Custom::VpcRestrictDefaultSGCustomResourceProvider', 'Handler'], settings)
    const { logDays, removalPolicy, encryptionKey } = settings
    const logGroup = new logs.LogGroup(this, 'FlowLogs', {
      retention: logDays,
      removalPolicy,
      encryptionKey,
    })
    const flowLog = vpc.addFlowLog('FlowLog', {
      destination: ec2.FlowLogDestination.toCloudWatchLogs(logGroup),
      maxAggregationInterval: ec2.FlowLogMaxAggregationInterval.TEN_MINUTES,
    })
    // a log whose role may not write yet is refused
    if (flowLog.iamRole) flowLog.node.defaultChild?.node.addDependency(flowLog.iamRole)
    // CDK's Name beside our name: IAM alone takes them for one key, and refuses the role
    Tags.of(flowLog).remove('Name', { includeResourceTypes: [iam.CfnRole.CFN_RESOURCE_TYPE_NAME] })
    const traces = settings.xray ? (['xray'] as const) : []
    if (egress === 'public-address') {
      // one zone: rare calls may cross zones, and the sandbox may be away when its zone is
      addEndpoints(vpc, ['secretsmanager', 'ecs', ...traces], { subnets: vpc.isolatedSubnets.slice(0, 1) })
    }
    if (egress === 'none') {
      addEndpoints(vpc, ['secretsmanager', 'ecs', 'ecr.api', 'ecr.dkr', 'logs', ...traces], {
        subnets: vpc.isolatedSubnets,
      })
    }
    return vpc
  }
}

/**
 * Why each is there. `secretsmanager`: functions read their broker user, ECS a container's secrets. `ecs`: task
 * protection; the topology function restarts workers after a password change. `ecr.api`, `ecr.dkr`: a task's image
 * (its layers come from S3). `logs`: containers' logs. `xray`: spans, where an environment sends them there. Not needed: metrics (they are log lines), KMS and STS (called on
 * AWS's side), and logs of functions (sent by Lambda itself).
 */
const endpointServices = {
  secretsmanager: ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
  ecs: ec2.InterfaceVpcEndpointAwsService.ECS,
  'ecr.api': ec2.InterfaceVpcEndpointAwsService.ECR,
  'ecr.dkr': ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER,
  logs: ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
  xray: ec2.InterfaceVpcEndpointAwsService.XRAY,
}

function addEndpoints(
  vpc: ec2.Vpc,
  services: readonly (keyof typeof endpointServices)[],
  subnets: ec2.SubnetSelection,
): void {
  const securityGroup = new ec2.SecurityGroup(vpc, 'EndpointsSecurityGroup', {
    vpc,
    description: 'VPC endpoints: HTTPS from inside the VPC',
    allowAllOutbound: false,
  })
  securityGroup.addIngressRule(ec2.Peer.ipv4(cidr), ec2.Port.tcp(443), 'HTTPS from inside the VPC')
  for (const service of services) {
    const endpoint = vpc.addInterfaceEndpoint(`Endpoint-${service}`, {
      service: endpointServices[service],
      subnets,
      securityGroups: [securityGroup],
      open: false,
    })
    ownAccountOnly(endpoint)
  }
}
