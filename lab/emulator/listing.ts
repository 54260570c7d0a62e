import { CloudFormationClient, ListStacksCommand } from '@aws-sdk/client-cloudformation'
import { CloudWatchClient, DescribeAlarmsCommand, ListDashboardsCommand } from '@aws-sdk/client-cloudwatch'
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import {
  DescribeInternetGatewaysCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2'
import { ECSClient, ListClustersCommand, ListTaskDefinitionsCommand } from '@aws-sdk/client-ecs'
import { IAMClient, ListRolesCommand } from '@aws-sdk/client-iam'
import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda'
import { ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { AwsClient } from 'aws4fetch'
import { account } from './emulator.ts'

export type Clients = ReturnType<typeof connect>

/** Clients of the emulator, whatever the user's own environment says. */
export function connect(endpoint: string) {
  const credentials = { accessKeyId: account.id, secretAccessKey: 'not-a-secret' }
  const settings = { endpoint, region: account.region, credentials }
  return {
    cloudFormation: new CloudFormationClient(settings),
    cloudWatch: new CloudWatchClient(settings),
    dynamoDb: new DynamoDBClient(settings),
    ec2: new EC2Client(settings),
    ecs: new ECSClient(settings),
    iam: new IAMClient(settings),
    lambda: new LambdaClient(settings),
    logs: new CloudWatchLogsClient(settings),
    secrets: new SecretsManagerClient(settings),
    /** A request to a service that the project has no client of. */
    async request(service: string, path: string, init: RequestInit = {}): Promise<string> {
      const { region } = account
      const response = await new AwsClient({ ...credentials, region, service }).fetch(
        `${endpoint}${path}`,
        init,
      )
      if (!response.ok) throw new Error(`${service} answered ${response.status} ${await response.text()}`)
      return await response.text()
    },
  }
}

type Names = readonly (string | undefined)[] | undefined

/** What an account has, by kind: everything of the sandbox's that the emulator can list. */
const lists: Readonly<Record<string, (clients: Clients) => Promise<Names>>> = {
  stack: async ({ cloudFormation }) =>
    (await cloudFormation.send(new ListStacksCommand({}))).StackSummaries?.filter(
      ({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE',
    ).map(({ StackName }) => StackName),
  alarm: async ({ cloudWatch }) =>
    (await cloudWatch.send(new DescribeAlarmsCommand({}))).MetricAlarms?.map(({ AlarmName }) => AlarmName),
  dashboard: async ({ cloudWatch }) =>
    (await cloudWatch.send(new ListDashboardsCommand({}))).DashboardEntries?.map(
      (each) => each.DashboardName,
    ),
  'log group': async ({ logs }) =>
    (await logs.send(new DescribeLogGroupsCommand({}))).logGroups?.map(({ logGroupName }) => logGroupName),
  VPC: async ({ ec2 }) => (await ec2.send(new DescribeVpcsCommand({}))).Vpcs?.map(({ VpcId }) => VpcId),
  subnet: async ({ ec2 }) =>
    (await ec2.send(new DescribeSubnetsCommand({}))).Subnets?.map(({ SubnetId }) => SubnetId),
  'security group': async ({ ec2 }) =>
    (await ec2.send(new DescribeSecurityGroupsCommand({}))).SecurityGroups?.map(({ GroupId }) => GroupId),
  'route table': async ({ ec2 }) =>
    (await ec2.send(new DescribeRouteTablesCommand({}))).RouteTables?.map((each) => each.RouteTableId),
  'internet gateway': async ({ ec2 }) =>
    (await ec2.send(new DescribeInternetGatewaysCommand({}))).InternetGateways?.map(
      (each) => each.InternetGatewayId,
    ),
  'VPC endpoint': async ({ ec2 }) =>
    (await ec2.send(new DescribeVpcEndpointsCommand({}))).VpcEndpoints?.map((each) => each.VpcEndpointId),
  cluster: async ({ ecs }) => (await ecs.send(new ListClustersCommand({}))).clusterArns,
  'task definition': async ({ ecs }) =>
    (await ecs.send(new ListTaskDefinitionsCommand({ status: 'ACTIVE' }))).taskDefinitionArns,
  role: async ({ iam }) => (await iam.send(new ListRolesCommand({}))).Roles?.map(({ RoleName }) => RoleName),
  function: async ({ lambda }) =>
    (await lambda.send(new ListFunctionsCommand({}))).Functions?.map(({ FunctionName }) => FunctionName),
  secret: async ({ secrets }) =>
    (await secrets.send(new ListSecretsCommand({}))).SecretList?.map(({ Name }) => Name),
  table: async ({ dynamoDb }) => (await dynamoDb.send(new ListTablesCommand({}))).TableNames,
  API: async ({ request }) =>
    JSON.parse(await request('apigateway', '/v2/apis')).items.map(({ apiId }: { apiId: string }) => apiId),
  rule: async ({ request }) => {
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AWSEvents.ListRules' }
    const answer = await request('events', '/', { method: 'POST', headers, body: '{}' })
    return JSON.parse(answer).Rules.map(({ Name }: { Name: string }) => Name)
  },
  topic: async ({ request }) => {
    const answer = await request('sns', '/', query('Action=ListTopics&Version=2010-03-31'))
    return [...answer.matchAll(/<TopicArn>(.*?)<\/TopicArn>/g)].map(([, arn]) => arn)
  },
  queue: async ({ request }) => {
    const answer = await request('sqs', '/', query('Action=ListQueues&Version=2012-11-05'))
    return [...answer.matchAll(/<QueueUrl>(.*?)<\/QueueUrl>/g)].map(([, url]) => url)
  },
}

const query = (body: string): RequestInit => ({
  ...{ method: 'POST', body },
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
})

/** Everything that an account has, each as `kind name`. */
export async function listAccount(clients: Clients): Promise<string[]> {
  const found = await Promise.all(
    Object.entries(lists).map(async ([kind, list]) =>
      ((await list(clients)) ?? []).map((name) => `${kind} ${name}`),
    ),
  )
  return found.flat()
}
