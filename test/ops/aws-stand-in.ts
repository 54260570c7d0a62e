import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Template } from '../../ops/assembly.ts'

/** An AWS account as the stand-in shows it. A test changes what it wants to see found. */
export interface Account {
  id: string
  /** Action (`GetRole`) or path → error that AWS answers with instead. */
  refuse: Record<string, Refusal>
  stacks: Record<string, StackState>
  roles: string[]
  vpcs: number
  addresses: number
  /** By quota code. */
  quotas: Record<string, number>
  concurrency: { limit: number; unreserved: number }
  brokers: { type: string; versions: string[]; modes: string[]; zones: string[] }[]
  /** The region's, by name; `default` where it has a default subnet. */
  zones: Record<string, { default: boolean }>
  /** Subnet → its zone. */
  subnets: Record<string, string>
  /** Of the one VPC that has them. */
  routeTables?: { id: string; subnets?: string[]; main?: boolean; routes: Record<string, string>[] }[]
  endpoints?: { service: string; type: string; state?: string; routeTables?: string[] }[]
  /** Those that there are, whoever made them. */
  madeBrokers?: { id: string; name: string; state: string }[]
  logGroups?: string[]
  secrets?: { name: string; tags: Record<string, string> }[]
  /** Action or path → what answers it, in JSON, before anything else does. */
  answers?: Record<string, (body: string, request: IncomingMessage) => JsonAnswer>
}

export interface JsonAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
}

interface StackState {
  status: string
  tags?: Record<string, string>
  outputs?: Record<string, string>
  /** As it was deployed. */
  template?: Template
  /** Logical id → type and physical id; it is there unless a status says otherwise. */
  resources?: Record<string, { type: string; id: string; status?: string }>
  terminationProtection?: boolean
}

interface Refusal {
  code: string
  message: string
  status?: number
}

/** One in which a first deploy of the sandbox finds nothing to complain about. */
export function readyAccount(): Account {
  return {
    id: '111122223333',
    refuse: {},
    stacks: { CDKToolkit: { status: 'UPDATE_COMPLETE', outputs: { BootstrapVersion: '31' } } },
    roles: [
      'AWSServiceRoleForECS',
      'AWSServiceRoleForAmazonMQ',
      'AWSServiceRoleForApplicationAutoScaling_ECSService',
    ],
    vpcs: 1,
    addresses: 0,
    quotas: { 'L-F678F1CE': 5, 'L-0263D0A3': 5, 'L-3032A538': 1_000, 'L-36FBB829': 1_000 },
    concurrency: { limit: 1_000, unreserved: 1_000 },
    brokers: ['mq.m7g.medium', 'mq.m7g.large'].map((type) => ({
      type,
      versions: ['4.3', '4.2', '3.13'],
      modes: ['SINGLE_INSTANCE', 'CLUSTER_MULTI_AZ'],
      zones: ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'],
    })),
    zones: {
      'eu-central-1b': { default: true },
      'eu-central-1a': { default: true },
      'eu-central-1c': { default: true },
    },
    subnets: {},
  }
}

/**
 * A small part of AWS on loopback, in the services' own protocols (query XML, EC2 query, JSON 1.1, REST JSON), so that
 * the real clients talk to it: AWS_ENDPOINT_URL points there. It believes every signature.
 */
export async function startAwsStandIn(account: Account) {
  const server = createServer(async (request, response) => {
    const answer = reply(account, request, await text(request))
    response.writeHead(answer.status ?? 200, {
      'content-type': answer.type,
      'x-amzn-errortype': answer.code ?? '',
      ...answer.headers,
    })
    response.end(answer.body)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    env: {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'not-a-secret',
      AWS_REGION: 'eu-central-1',
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

interface Answer {
  readonly body: string
  readonly type: string
  readonly status?: number
  readonly code?: string
  readonly headers?: Readonly<Record<string, string>>
}

function reply(account: Account, request: IncomingMessage, body: string): Answer {
  const { headers, url = '/' } = request
  const target = String(headers['x-amz-target'] ?? '').split('.')[1]
  const own = account.answers?.[target ?? url]?.(body, request)
  if (own && !account.refuse[target ?? url]) {
    return { ...own, type: 'application/x-amz-json-1.1', body: JSON.stringify(own.body) }
  }
  if (target !== undefined) return inJson(account, target, () => jsonRpc[target]?.(account, JSON.parse(body)))
  const query = new URLSearchParams(body)
  const action = query.get('Action')
  if (action !== null) return inXml(account, action, query)
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  return inJson(account, pathname, () => rest[pathname]?.(account, searchParams))
}

function inJson({ refuse }: Account, name: string, answer: () => unknown): Answer {
  const type = 'application/x-amz-json-1.1'
  const refused = refuse[name]
  if (refused) {
    const { code, message, status = 400 } = refused
    return { type, status, code, body: JSON.stringify({ __type: code, message }) }
  }
  return { type, body: JSON.stringify(answer() ?? {}) }
}

function inXml(account: Account, action: string, query: URLSearchParams): Answer {
  const type = 'text/xml'
  const unknown = { code: 'InvalidAction', message: `the stand-in does not know ${action}` }
  const answer = account.refuse[action] ?? xml[action]?.(account, query) ?? unknown
  if (typeof answer === 'string') return { type, body: answer }
  const { code, message, status = 400 }: Refusal = answer
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`
  const ec2 = query.get('Version') === '2016-11-15'
  return {
    type,
    status,
    body: ec2
      ? `<Response><Errors>${error}</Errors><RequestID>1</RequestID></Response>`
      : `<ErrorResponse>${error}<RequestId>1</RequestId></ErrorResponse>`,
  }
}

type Xml = (account: Account, query: URLSearchParams) => string | Refusal

const result = (action: string, content: string) =>
  `<${action}Response><${action}Result>${content}</${action}Result></${action}Response>`
const items = (tag: string, count: number, content: (index: number) => string) =>
  `<${tag}>${Array.from({ length: count }, (_, index) => `<item>${content(index)}</item>`).join('')}</${tag}>`
const list = <Item>(tag: string, all: readonly Item[], content: (item: Item) => string) =>
  items(tag, all.length, (index) => content(all[index] as Item))
const members = (tag: string, pairs: Record<string, string>, key: string, value: string) =>
  `<${tag}>${Object.entries(pairs)
    .map(([name, text]) => `<member><${key}>${name}</${key}><${value}>${text}</${value}></member>`)
    .join('')}</${tag}>`

const xml: Record<string, Xml> = {
  GetCallerIdentity: ({ id }) =>
    result(
      'GetCallerIdentity',
      `<Account>${id}</Account><UserId>AIDA</UserId><Arn>arn:aws:iam::${id}:user/deployer</Arn>`,
    ),
  GetRole({ roles, id }, query) {
    const name = query.get('RoleName') ?? ''
    if (!roles.includes(name)) {
      return { code: 'NoSuchEntity', message: `The role with name ${name} cannot be found.`, status: 404 }
    }
    const role = `<Path>/</Path><RoleName>${name}</RoleName><RoleId>AROA</RoleId><Arn>arn:aws:iam::${id}:role/${name}</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate>`
    return result('GetRole', `<Role>${role}</Role>`)
  },
  DescribeStacks({ stacks, id }, query) {
    const name = query.get('StackName')
    const asked = Object.entries(stacks).filter(([each]) => name === null || each === name)
    if (asked.length === 0 && name !== null)
      return { code: 'ValidationError', message: `Stack with id ${name} does not exist` }
    const all = asked.map(
      ([each, stack]) => `<member><StackName>${each}</StackName>
      <StackId>arn:aws:cloudformation:eu-central-1:${id}:stack/${each}/1</StackId>
      <StackStatus>${stack.status}</StackStatus>
      <EnableTerminationProtection>${stack.terminationProtection === true}</EnableTerminationProtection><CreationTime>2026-01-01T00:00:00Z</CreationTime>
      ${members('Tags', stack.tags ?? {}, 'Key', 'Value')}
      ${members('Outputs', stack.outputs ?? {}, 'OutputKey', 'OutputValue')}</member>`,
    )
    return result('DescribeStacks', `<Stacks>${all.join('')}</Stacks>`)
  },
  GetTemplate({ stacks }, query) {
    const { template = { Resources: {} } } = stacks[query.get('StackName') ?? ''] ?? {}
    const text = JSON.stringify(template).replaceAll('&', '&amp;').replaceAll('<', '&lt;')
    return result('GetTemplate', `<TemplateBody>${text}</TemplateBody>`)
  },
  ListStackResources({ stacks }, query) {
    const resources = stacks[query.get('StackName') ?? '']?.resources ?? {}
    const members = Object.entries(resources).map(
      ([name, { type, id, status = 'CREATE_COMPLETE' }]) =>
        `<member><LogicalResourceId>${name}</LogicalResourceId><PhysicalResourceId>${id}</PhysicalResourceId>
        <ResourceType>${type}</ResourceType><ResourceStatus>${status}</ResourceStatus>
        <LastUpdatedTimestamp>2026-01-01T00:00:00Z</LastUpdatedTimestamp></member>`,
    )
    return result(
      'ListStackResources',
      `<StackResourceSummaries>${members.join('')}</StackResourceSummaries>`,
    )
  },
  DescribeVpcs: ({ vpcs }) =>
    `<DescribeVpcsResponse>${items('vpcSet', vpcs, (index) => `<vpcId>vpc-${index}</vpcId>`)}</DescribeVpcsResponse>`,
  DescribeSubnets({ zones, subnets }, query) {
    const asked = query.get('SubnetId.1')
    const found = asked
      ? Object.entries(subnets).filter(([id]) => [...query.values()].includes(id))
      : Object.entries(zones).flatMap(([zone, { default: has }]) => (has ? [[`subnet-${zone}`, zone]] : []))
    return `<DescribeSubnetsResponse>${items('subnetSet', found.length, (index) => `<subnetId>${found[index]?.[0]}</subnetId><vpcId>vpc-0a</vpcId><availabilityZone>${found[index]?.[1]}</availabilityZone>`)}</DescribeSubnetsResponse>`
  },
  DescribeRouteTables: ({ routeTables = [] }) =>
    `<DescribeRouteTablesResponse>${list(
      'routeTableSet',
      routeTables,
      ({ id, main = false, subnets = [], routes }) => {
        const own = subnets.map((subnet) => `<subnetId>${subnet}</subnetId><main>false</main>`)
        const associations = main ? ['<main>true</main>', ...own] : own
        const routeSet = list('routeSet', routes, (route) =>
          Object.entries({ state: 'active', ...route })
            .map(([key, value]) => `<${key}>${value}</${key}>`)
            .join(''),
        )
        return `<routeTableId>${id}</routeTableId>${list('associationSet', associations, (each) => each)}${routeSet}`
      },
    )}</DescribeRouteTablesResponse>`,
  DescribeVpcEndpoints: ({ endpoints = [] }) =>
    `<DescribeVpcEndpointsResponse>${list(
      'vpcEndpointSet',
      endpoints,
      ({ service, type, state = 'available', routeTables = [] }) =>
        `<serviceName>com.amazonaws.eu-central-1.${service}</serviceName><vpcEndpointType>${type}</vpcEndpointType><state>${state}</state>${list('routeTableIdSet', routeTables, (id) => id)}`,
    )}</DescribeVpcEndpointsResponse>`,
  DescribeAvailabilityZones({ zones }) {
    const names = Object.keys(zones)
    return `<DescribeAvailabilityZonesResponse>${items('availabilityZoneInfo', names.length, (index) => `<zoneName>${names[index]}</zoneName>`)}</DescribeAvailabilityZonesResponse>`
  },
  DescribeAddresses: ({ addresses }) =>
    `<DescribeAddressesResponse>${items('addressesSet', addresses, (index) => `<publicIp>192.0.2.${index}</publicIp>`)}</DescribeAddressesResponse>`,
}

type JsonRpc = (account: Account, body: { QuotaCode: string; logGroupNamePrefix: string }) => unknown

const jsonRpc: Record<string, JsonRpc> = {
  GetServiceQuota: ({ quotas }, { QuotaCode }) => ({ Quota: { QuotaCode, Value: quotas[QuotaCode] } }),
  DescribeLogGroups: ({ logGroups = [] }, { logGroupNamePrefix }) => ({
    logGroups: logGroups
      .filter((name) => name.startsWith(logGroupNamePrefix))
      .map((logGroupName) => ({ logGroupName })),
  }),
  // whatever is asked for: who asks may not believe the filter, which looks for parts of values
  ListSecrets: ({ secrets = [], id }) => ({
    SecretList: secrets.map(({ name, tags }) => ({
      ARN: `arn:aws:secretsmanager:eu-central-1:${id}:secret:${name}`,
      Name: name,
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    })),
  }),
}

const rest: Record<string, (account: Account, query: URLSearchParams) => unknown> = {
  '/2016-08-19/account-settings': ({ concurrency: { limit, unreserved } }) => ({
    AccountLimit: { ConcurrentExecutions: limit, UnreservedConcurrentExecutions: unreserved },
  }),
  '/v1/brokers': ({ madeBrokers = [] }) => ({
    brokerSummaries: madeBrokers.map(({ id, name, state }) => ({
      brokerId: id,
      brokerName: name,
      brokerState: state,
    })),
  }),
  '/v1/broker-instance-options': ({ brokers }, query) => ({
    brokerInstanceOptions: brokers
      .filter(({ type }) => type === query.get('hostInstanceType'))
      .map(({ type, versions, modes, zones }) => ({
        engineType: 'RABBITMQ',
        hostInstanceType: type,
        supportedEngineVersions: versions,
        supportedDeploymentModes: modes,
        availabilityZones: zones.map((name) => ({ name })),
      })),
  }),
}
