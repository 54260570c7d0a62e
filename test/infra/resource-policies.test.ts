import { describe, expect, test } from 'vitest'
import { allResources, environment, environmentNames, type Resource } from './synth.ts'

interface Statement {
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal: { readonly Service?: string | string[] } | '*'
  readonly Action: string | string[]
}
const list = <Item>(value: Item | Item[] | undefined): Item[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value]

/** Resources whose policy replaces what AWS allows by default, by type, and where the policy says whose it is. */
const policies: Readonly<Record<string, (resource: Resource) => unknown[]>> = {
  'AWS::SNS::TopicPolicy': ({ Properties }) => list(Properties.Topics),
  'AWS::SQS::QueuePolicy': ({ Properties }) => list(Properties.Queues),
}

/** The resources of an environment, of one type. */
type Resources = (type: string) => [string, Resource][]

/** Every use of one of AWS's services by another that only a policy of the used resource can allow. */
function edges(resources: Resources): { from: string; service: string; action: string; to: unknown }[] {
  const alarms = [
    ...resources('AWS::CloudWatch::Alarm'),
    ...resources('AWS::CloudWatch::CompositeAlarm'),
  ].flatMap(([id, { Properties }]) =>
    ['AlarmActions', 'OKActions', 'InsufficientDataActions']
      .flatMap((kind) => list(Properties[kind]))
      .filter((target) => !isScalingPolicy(resources, target))
      .map((to) => ({ from: id, service: 'cloudwatch.amazonaws.com', action: 'sns:Publish', to })),
  )
  const rules = resources('AWS::Events::Rule').flatMap(([id, { Properties }]) =>
    list(Properties.Targets).map(({ Arn }) => invocation(id, 'events.amazonaws.com', Arn)),
  )
  const integrations = resources('AWS::ApiGatewayV2::Integration')
    .filter(([, { Properties }]) => Properties.IntegrationType === 'AWS_PROXY')
    .map(([id, { Properties }]) => invocation(id, 'apigateway.amazonaws.com', Properties.IntegrationUri))
  const rotations = resources('AWS::SecretsManager::RotationSchedule').map(([id, { Properties }]) =>
    invocation(id, 'secretsmanager.amazonaws.com', Properties.RotationLambdaARN),
  )
  const budgets = resources('AWS::Budgets::Budget').flatMap(([id, { Properties }]) =>
    list(Properties.NotificationsWithSubscribers)
      .flatMap(({ Subscribers }) => list(Subscribers))
      .filter(({ SubscriptionType }) => SubscriptionType === 'SNS')
      .map(({ Address: to }) => ({
        ...{ from: id, service: 'budgets.amazonaws.com', action: 'sns:Publish', to },
      })),
  )
  return [...alarms, ...budgets, ...rules, ...integrations, ...rotations]
}

const invocation = (from: string, service: string, to: unknown) => ({
  ...{ from, service, to },
  action: 'lambda:InvokeFunction',
})

/** An alarm that scales asks Application Auto Scaling, which needs no policy. */
const isScalingPolicy = (resources: Resources, target: unknown) =>
  resources('AWS::ApplicationAutoScaling::ScalingPolicy').some(([id]) => idOf(target) === id)

/** The logical id that a reference leads to, also from another stack. */
const idOf = (reference: unknown): string =>
  /"(?:Ref|Fn::GetAtt)":\[?"(\w+)"|ExportsOutput(?:Ref|FnGetAtt)(\w+?[0-9A-F]{8})/
    .exec(JSON.stringify(reference))
    ?.slice(1)
    .find((id) => id !== undefined) ?? JSON.stringify(reference)

function allowed(resources: Resources, { service, action, to }: ReturnType<typeof edges>[number]): boolean {
  if (action === 'lambda:InvokeFunction') {
    return resources('AWS::Lambda::Permission').some(
      ([, { Properties }]) =>
        Properties.Principal === service &&
        Properties.Action === action &&
        idOf(Properties.FunctionName) === idOf(to),
    )
  }
  const own = Object.entries(policies).flatMap(([type, subjects]) =>
    resources(type)
      .filter(([, policy]) => subjects(policy).some((resource) => idOf(resource) === idOf(to)))
      .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement as Statement[]),
  )
  return own.some(
    ({ Effect, Principal, Action }) =>
      Effect === 'Allow' &&
      Principal !== '*' &&
      list(Principal.Service).includes(service) &&
      list(Action).includes(action),
  )
}

describe.each(environmentNames)('%s', (name) => {
  const resources = (type: string) => allResources(name, type)

  test('whatever a service of AWS does to a resource, the policy of that resource allows', () => {
    const all = edges(resources)
    expect(new Set(all.map(({ service }) => service)).size).toBeGreaterThanOrEqual(3)
    expect(all.filter((edge) => !allowed(resources, edge))).toEqual([])
  })

  test('no policy that replaces a default only denies', () => {
    // a queue has none by default: roles of its account use it by their own policies
    const types = Object.keys(policies).filter((type) => type !== 'AWS::SQS::QueuePolicy')
    const found = types.flatMap((type) => resources(type))
    expect(found.length).toBeGreaterThan(0)
    const onlyDenying = found.filter(([, { Properties }]) =>
      (Properties.PolicyDocument.Statement as Statement[]).every(({ Effect }) => Effect === 'Deny'),
    )
    expect(onlyDenying.map(([id]) => id)).toEqual([])
  })

  test('a service that a policy lets in acts for this account only', () => {
    const statements = Object.keys(policies)
      .flatMap((type) => resources(type))
      .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement)
      .filter(({ Effect, Principal }) => Effect === 'Allow' && Principal.Service !== undefined)
    expect(statements.length).toBeGreaterThan(0)
    const account = environment(name).account ?? { Ref: 'AWS::AccountId' }
    for (const { Condition } of statements) {
      // a resource of the stack itself is narrower still
      const source = Condition.ArnEquals?.['aws:SourceArn']
      const own = allResources(name).some(([id]) => source !== undefined && idOf(source) === id)
      expect([Condition.StringEquals?.['aws:SourceAccount'], own]).toEqual(
        own ? [undefined, true] : [account, false],
      )
    }
  })
})
