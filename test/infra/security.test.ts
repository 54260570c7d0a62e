import { describe, expect, test } from 'vitest'
import {
  allResources,
  type EnvironmentName,
  environment,
  environmentNames,
  type Resource,
  resourcesOf,
  templates,
} from './synth.ts'

interface Statement {
  readonly Effect: string
  readonly Action: string | string[]
  readonly Resource: unknown
  readonly Principal?: unknown
}
const list = <Item>(value: Item | Item[]): Item[] => (Array.isArray(value) ? value : [value])

/** Every statement that a role has, by the role's logical id. */
function statementsByRole(name: EnvironmentName): Map<string, Statement[]> {
  const byRole = new Map<string, Statement[]>()
  for (const [id, { Properties }] of allResources(name, 'AWS::IAM::Role')) {
    const inline = (Properties.Policies ?? []).flatMap(
      // biome-ignore lint/suspicious/noExplicitAny: a template's properties have whatever shape their type has
      ({ PolicyDocument }: any) => PolicyDocument.Statement,
    )
    byRole.set(id, inline)
  }
  for (const [, { Properties }] of allResources(name, 'AWS::IAM::Policy')) {
    for (const { Ref } of Properties.Roles) byRole.get(Ref)?.push(...Properties.PolicyDocument.Statement)
  }
  return byRole
}

/** The logical id that a secret's reference comes from, also from another stack. */
const secretId = (reference: unknown): string =>
  /"(?:Ref|Fn::ImportValue)":"(?:[^"]*:ExportsOutputRef)?(\w+?)(?:[0-9A-F]{8})?(?:[0-9A-F]{8})?"/.exec(
    JSON.stringify(reference),
  )?.[1] ?? JSON.stringify(reference)

describe.each(environmentNames)('%s', (name) => {
  test('every role reads exactly the secrets that are its own', () => {
    const read = [...statementsByRole(name)].flatMap(([role, statements]) => {
      const secrets = statements
        .filter(({ Action }) => list(Action).some((action) => /^(secretsmanager:(Get|\*)|\*)/.test(action)))
        .flatMap(({ Resource }) => list(Resource).map(secretId))
      return secrets.length > 0 ? [[role.replace(/[0-9A-F]{8}$/, ''), secrets.sort()]] : []
    })
    const own = (secret: string) =>
      `Topology${environment(name).workQueue.queue.replaceAll(/[^A-Za-z0-9]/g, '')}${secret}`
    const { tracing } = environment(name)
    // given, so that the template has its whole ARN
    const given = tracing?.headersSecret === undefined ? [] : [JSON.stringify(tracing.headersSecret)]
    expect(Object.fromEntries(read)).toEqual({
      ProducerApiProducerFunctionServiceRole: [...given, own('ProducerSecret')],
      QueueProbeFunctionServiceRole: [own('ProbeSecret')],
      OperatorFunctionServiceRole: [own('OperatorSecret')],
      ...Object.fromEntries(
        environment(name).workQueue.workers.map((worker) => [
          `Worker${worker.name.replaceAll(/[^A-Za-z0-9]/g, '')}TaskExecutionRole`,
          [...given, own('WorkerSecret')],
        ]),
      ),
      TopologyFunctionServiceRole: [
        'BrokerAdminSecret',
        own('OperatorSecret'),
        own('ProbeSecret'),
        own('ProducerSecret'),
        own('SecondAdministrator'),
        own('WorkerSecret'),
      ],
    })
  })

  test('no role may do everything with anything', () => {
    const actions = [...statementsByRole(name).values()].flat().flatMap(({ Action }) => list(Action))
    expect(actions.length).toBeGreaterThan(10)
    expect(actions.filter((action) => /^(\*|[a-z0-9-]+:\*)$/.test(action))).toEqual([])
  })

  test('no security group lets anything in from outside the VPC', () => {
    const groups = allResources(name, 'AWS::EC2::SecurityGroup').flatMap(
      ([, { Properties }]) => Properties.SecurityGroupIngress ?? [],
    )
    const rules = allResources(name, 'AWS::EC2::SecurityGroupIngress').map(([, { Properties }]) => Properties)
    const from = [...groups, ...rules].map(
      ({ CidrIp, CidrIpv6, SourceSecurityGroupId }) =>
        CidrIp ?? CidrIpv6 ?? Object.keys(SourceSecurityGroupId)[0],
    )
    expect(from).toContain('Fn::GetAtt')
    expect(from.filter((source) => !['10.0.0.0/16', 'Fn::GetAtt'].includes(source))).toEqual([])
  })

  test('whatever goes out of a security group goes to a port of TLS', () => {
    const groups = allResources(name, 'AWS::EC2::SecurityGroup').flatMap(
      ([, { Properties }]) => Properties.SecurityGroupEgress ?? [],
    )
    const rules = allResources(name, 'AWS::EC2::SecurityGroupEgress').map(([, { Properties }]) => Properties)
    const ports = [...groups, ...rules]
      // CDK's way to say that nothing goes out
      .filter(({ CidrIp }) => CidrIp !== '255.255.255.255/32')
      .map(({ IpProtocol, FromPort, ToPort }) => `${IpProtocol} ${FromPort}-${ToPort}`)
    expect(new Set(ports)).toEqual(new Set(['tcp 443-443', 'tcp 5671-5671']))
  })

  test('the broker has no public address, and only our security groups reach its TLS ports', () => {
    const [[, broker]] = allResources(name, 'AWS::AmazonMQ::Broker') as [[string, Resource]]
    expect(broker.Properties.PubliclyAccessible).toBe(false)
    const ports = allResources(name, 'AWS::EC2::SecurityGroupIngress').map(([, { Properties }]) => Properties)
    expect(ports.length).toBeGreaterThanOrEqual(5)
    for (const { GroupId, SourceSecurityGroupId, FromPort } of ports) {
      expect(JSON.stringify(GroupId)).toContain('BrokerSecurityGroup')
      expect(SourceSecurityGroupId).toHaveProperty(['Fn::GetAtt'])
      expect([443, 5671]).toContain(FromPort)
    }
  })

  test('every route of the API asks for a signature', () => {
    const routes = resourcesOf(templates(name).workQueue, 'AWS::ApiGatewayV2::Route')
    expect(routes.map(([, { Properties }]) => [Properties.RouteKey, Properties.AuthorizationType])).toEqual([
      ['POST /tasks', 'AWS_IAM'],
      ['GET /queue', 'AWS_IAM'],
      ['GET /openapi.json', 'AWS_IAM'],
      ...(environment(name).workQueue.ledger ? [['GET /tasks/{id}', 'AWS_IAM']] : []),
      ['$default', 'AWS_IAM'],
    ])
  })

  test('the API is throttled and logs who called', () => {
    const [[, stage]] = allResources(name, 'AWS::ApiGatewayV2::Stage') as [[string, Resource]]
    expect(stage.Properties.DefaultRouteSettings).toEqual({
      ThrottlingBurstLimit: expect.any(Number),
      ThrottlingRateLimit: expect.any(Number),
    })
    expect(stage.Properties.AccessLogSettings.Format).toContain('$context.identity.userArn')
  })

  test('nobody outside the account may call a function', () => {
    const permissions = allResources(name, 'AWS::Lambda::Permission').map(([, { Properties }]) => Properties)
    expect(new Set(permissions.map(({ Principal }) => Principal))).toEqual(
      new Set(['apigateway.amazonaws.com', 'events.amazonaws.com']),
    )
    for (const permission of permissions) expect(permission).toHaveProperty('SourceArn')
    expect(allResources(name, 'AWS::Lambda::Url')).toEqual([])
  })

  test('the template holds no secret: a password is a reference that CloudFormation follows', () => {
    const [[, broker]] = allResources(name, 'AWS::AmazonMQ::Broker') as [[string, Resource]]
    const [{ Password }] = broker.Properties.Users
    expect(JSON.stringify(Password)).toContain('{{resolve:secretsmanager:')
    const suspicious: string[] = []
    const visit = (value: unknown, path: string): void => {
      if (typeof value === 'object' && value !== null) {
        for (const [key, inner] of Object.entries(value)) visit(inner, `${path}.${key}`)
      } else if (/(password|secret|token|credential)s?$/i.test(path) && typeof value === 'string') {
        suspicious.push(path)
      }
    }
    for (const [id, { Properties }] of allResources(name)) visit(Properties, id)
    expect(suspicious).toEqual([])
    const secrets = allResources(name, 'AWS::SecretsManager::Secret').map(([, { Properties }]) => Properties)
    for (const secret of secrets) expect(secret).not.toHaveProperty('SecretString')
    expect(secrets).toHaveLength(6)
  })

  test('the alarm topic takes messages over TLS only', () => {
    const [[, policy]] = allResources(name, 'AWS::SNS::TopicPolicy') as [[string, Resource]]
    expect(policy.Properties.PolicyDocument.Statement).toContainEqual(
      expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
    )
  })

  test('the VPC’s default security group is closed, and what flows is logged', () => {
    expect(allResources(name, 'Custom::VpcRestrictDefaultSG')).toHaveLength(1)
    expect(allResources(name, 'AWS::EC2::FlowLog')).toHaveLength(1)
  })
})
