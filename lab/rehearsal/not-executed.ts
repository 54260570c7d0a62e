import type { Deployment } from './resolve.ts'

/** What the rehearsal runs, or reads to run something. */
const executed = [
  'AWS::AmazonMQ::Broker',
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::Route',
  'AWS::ApplicationAutoScaling::ScalableTarget',
  'AWS::ApplicationAutoScaling::ScalingPolicy',
  'AWS::DynamoDB::Table',
  'AWS::ECS::Service',
  'AWS::ECS::TaskDefinition',
  'AWS::Lambda::Function',
  'AWS::SecretsManager::Secret',
  'Custom::QueueTopology',
]

/** What only AWS can run, and the test that looks at it instead. */
const instead: Readonly<Record<string, readonly [what: string, test: string]>> = {
  'AWS::ApiGatewayV2::Stage': ['throttling and access log of the API', 'test/infra/security.test.ts'],
  'AWS::Budgets::Budget': ['the budget', 'test/infra/budget.test.ts'],
  'AWS::CloudWatch::': ['alarms and dashboard', 'test/infra/monitoring.test.ts'],
  'AWS::EC2::': ['network, endpoints, security groups', 'test/infra/security.test.ts'],
  'AWS::ECS::Cluster': ['capacity providers', 'test/infra/workers.test.ts'],
  'AWS::Events::Rule': [
    'EventBridge’s delivery; the probe’s schedule runs here',
    'test/infra/stacks.test.ts',
  ],
  'AWS::IAM::': [
    'IAM, but for who may read which secret and do what in which table',
    'test/infra/security.test.ts',
  ],
  'AWS::Lambda::EventInvokeConfig': ['where failed events end', 'test/infra/async.test.ts'],
  'AWS::Lambda::Permission': ['who may invoke the functions', 'test/infra/security.test.ts'],
  'AWS::Logs::': ['log groups and their retention', 'test/infra/logs.test.ts'],
  'AWS::Scheduler::': ['schedules', 'test/infra/schedules.test.ts'],
  'AWS::SQS::': ['the queue of failed events', 'test/infra/async.test.ts'],
  'AWS::SNS::': ['alarm topic', 'test/infra/security.test.ts'],
  'Custom::LogRetention': ['retention of logs that AWS services make', 'test/infra/logs.test.ts'],
  'Custom::VpcRestrictDefaultSG': ['closing of the default security group', 'test/infra/security.test.ts'],
}

/** What the rehearsal does otherwise than AWS, whatever the template says. */
const always: readonly NotExecuted[] = [
  { what: 'freezing of functions between invocations', test: 'test/integration/producer-failures.test.ts' },
  { what: 'signatures of requests, beyond that there is one', test: 'test/infra/security.test.ts' },
  { what: 'rollback and update of the topology', test: 'test/integration/topology-function.test.ts' },
  { what: 'a new password in a secret', test: 'test/integration/topology-function.test.ts' },
  { what: 'images for ARM64: built here for this machine’s CPU', test: 'test/infra/workers.test.ts' },
  { what: 'a network of its own for each task', test: 'test/infra/workers.test.ts' },
]

export interface NotExecuted {
  readonly what: string
  /** The test that covers it instead. */
  readonly test: string
}

/** @throws Error for a resource type that is neither run nor covered by a named test. */
export function notExecuted(deployment: Deployment): NotExecuted[] {
  const types = [...new Set(deployment.all().map(({ type }) => type))].filter(
    (type) => type !== 'AWS::CDK::Metadata' && !executed.includes(type),
  )
  const covered = types.map((type) => {
    const [, entry] = Object.entries(instead).find(([prefix]) => type.startsWith(prefix)) ?? []
    if (!entry)
      throw new Error(
        `${type} is not run and no test is named for it: add it to lab/rehearsal/not-executed.ts`,
      )
    const [what, test] = entry
    return { what, test }
  })
  const distinct = new Map([...covered, ...always].map((each) => [each.what, each]))
  return [...distinct.values()]
}

export const testsNamed = [
  ...Object.values(instead).map(([, test]) => test),
  ...always.map(({ test }) => test),
]
