import { App } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addStacks } from '../../infra/app.ts'
import { name } from '../../infra/environments.ts'
import { GithubRoles } from '../../infra/github-roles.ts'
import { namesOf } from '../../infra/names.ts'
import type { Environment } from '../../infra/settings/environment.ts'
import { defaultTopology, definitions, secondAdmin } from '../../services/contract/topology.ts'
import { testSchedules } from '../support/schedules.ts'
import { anyEnvironment, furtherQueueName } from './any-environment.ts'
import { environment, fakeBundles, findSettingProblems, type Resource, testApp } from './synth.ts'

/** What AWS takes as a name, of each type of which a template gives one. */
const taken: Readonly<Record<string, { readonly property: string; readonly fits: RegExp }>> = {
  'AWS::AmazonMQ::Broker': { property: 'BrokerName', fits: /^[\w~-]{1,50}$/ },
  'AWS::Lambda::Function': { property: 'FunctionName', fits: /^[\w-]{1,64}$/ },
  'AWS::Logs::LogGroup': { property: 'LogGroupName', fits: /^[\w./#-]{1,512}$/ },
  'AWS::ECS::Service': { property: 'ServiceName', fits: /^[\w-]{1,255}$/ },
  'AWS::CloudWatch::Dashboard': { property: 'DashboardName', fits: /^[\w-]{1,255}$/ },
  'AWS::CloudWatch::Alarm': { property: 'AlarmName', fits: /^.{1,255}$/ },
  'AWS::CloudWatch::CompositeAlarm': { property: 'AlarmName', fits: /^.{1,255}$/ },
  'AWS::ApplicationAutoScaling::ScalingPolicy': { property: 'PolicyName', fits: /^[^\s]{1,256}$/ },
  'AWS::IAM::Role': { property: 'RoleName', fits: /^[\w+=,.@-]{1,64}$/ },
  'AWS::SecretsManager::Secret': { property: 'Name', fits: /^[\w/+=.@-]{1,512}$/ },
  'AWS::DynamoDB::Table': { property: 'TableName', fits: /^[\w.-]{3,255}$/ },
  'AWS::SNS::Topic': { property: 'TopicName', fits: /^[\w-]{1,256}$/ },
  'AWS::SQS::Queue': { property: 'QueueName', fits: /^[\w-]{1,80}$/ },
  // a schedule's name is its own within its group
  'AWS::Scheduler::ScheduleGroup': { property: 'Name', fits: /^[\w.-]{1,64}$/ },
  'AWS::ECS::Cluster': { property: 'ClusterName', fits: /^[\w-]{1,255}$/ },
}
/** Names that mean something else than the resource: whose it is, what it looks at, or a name inside another. */
const others =
  /^AWS::(ApiGatewayV2::(Api|Stage)|EC2::(FlowLog|VPCEndpoint)|IAM::Policy|Lambda::(Permission|EventInvokeConfig)|Scheduler::Schedule)$|^Custom::/

interface Named {
  /** The type, and within what a name is unique there. */
  readonly of: string
  readonly name: string
}

/** Every name that the templates of an environment give. */
function namesIn(environmentName: string, environment: Environment): Named[] {
  const { foundation, workQueue, moreQueues } = addStacks(
    testApp(),
    environmentName,
    environment,
    fakeBundles(),
    testSchedules,
  )
  return [foundation, workQueue, ...moreQueues].flatMap((stack) => {
    const resources = Object.entries(
      Template.fromStack(stack).toJSON()['Resources'] as Record<string, Resource>,
    )
    return [
      ofStack(stack.stackName),
      ...resources.flatMap(([, resource]) => ofResource(resource, stack.stackName)),
      ...resources.flatMap(([, resource]) => usersOf(resource, environmentName)),
    ]
  })
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-console-create-stack.html */
function ofStack(name: string): Named {
  expect(name).toMatch(/^[A-Za-z][A-Za-z0-9-]{0,127}$/)
  return { of: 'stack', name }
}

function ofResource({ Type, Properties }: Resource, stack: string): Named[] {
  const named = Object.keys(Properties ?? {}).filter(
    (key) => /^(?!Metric)\w*Name$/.test(key) || key === 'Name',
  )
  const { property, fits } = taken[Type] ?? {}
  const unknown = others.test(Type) ? [] : named.filter((key) => key !== property && key !== 'AlarmName')
  expect(unknown, `a name of ${Type} that this test does not know: add its rule`).toEqual([])
  const name = property && Properties?.[property]
  if (typeof name !== 'string') return []
  expect(name).toMatch(fits as RegExp)
  // a cluster is a work queue's own
  return [{ of: Type === 'AWS::ECS::Service' ? `${Type} of ${stack}` : Type, name }]
}

/** The broker users that stand in a resource: those of the broker's creation come with a secret of their own. */
function usersOf({ Type, Properties }: Resource, environmentName: string): Named[] {
  const template =
    Type === 'AWS::SecretsManager::Secret' && Properties.GenerateSecretString?.SecretStringTemplate
  if (!template) return []
  return [{ of: `user of ${environmentName}`, name: JSON.parse(template).username }]
}

function expectAllDifferent(names: readonly Named[]): void {
  const all = names.map(({ of, name }) => `${of}: ${name}`)
  expect(all.filter((each, index) => all.indexOf(each) !== index)).toEqual([])
}

/** Names that are apt to be equal when put together. */
const environmentName = fc
  .oneof(
    fc.constantFrom(
      'a',
      'ab',
      'a-b',
      'a-',
      'a-foundation',
      'a-work',
      'a-work-queue',
      'github',
      'x'.repeat(20),
    ),
    fc.stringMatching(/^[a-z][a-z0-9-]{0,19}$/),
  )
  .filter((name) => findSettingProblems(name, environment('test-one-node')).length === 0)
const someEnvironments = fc.dictionary(environmentName, anyEnvironment, {
  minKeys: 2,
  maxKeys: 2,
  noNullPrototype: true,
})
const calledLikeTheTemplate = fc.tuple(environmentName, anyEnvironment).map(([key, environment]) => ({
  [key]: { ...environment, workQueue: { ...environment.workQueue, queue: name } },
}))

test('no two names are equal in one account, whatever the environments', () => {
  fc.assert(
    fc.property(fc.oneof(someEnvironments, calledLikeTheTemplate), (environments) => {
      const names = Object.entries(environments).flatMap(([key, environment]) => namesIn(key, environment))
      expect(names.length).toBeGreaterThan(10)
      expectAllDifferent(names)
    }),
    { numRuns: 12 },
  )
})

test('no two names are equal at a broker, whatever queues stand on it', () => {
  const queues = fc.uniqueArray(
    fc.oneof(
      anyEnvironment.map(({ workQueue }) => workQueue.queue),
      fc.constantFrom(name, `${name}-admin`, 'a', 'a-worker', 'a.admin', 'a.dead.x', 'a-a'),
    ),
    { minLength: 1, maxLength: 5 },
  )
  fc.assert(
    fc.property(environmentName, queues, (environment, queues) => {
      const all = queues.flatMap((queue): Named[] => {
        const { users, queues, exchanges, policies } = definitions(defaultTopology(queue))
        return Object.entries({ users, queues, exchanges, policies }).flatMap(([of, objects]) =>
          objects.map(({ name }) => ({ of, name })),
        )
      })
      const admins = queues.map((queue) => ({ of: 'users', name: secondAdmin(queue) }))
      expectAllDifferent([...all, ...admins, { of: 'users', name: namesOf(environment).firstAdmin }])
      for (const { name } of [...all, ...admins]) expect(name.length).toBeLessThanOrEqual(255)
    }),
    { numRuns: 500 },
  )
})

test("GitHub's roles have different names, whatever the environments are called", () => {
  fc.assert(
    fc.property(fc.uniqueArray(environmentName, { minLength: 1, maxLength: 5 }), (environmentNames) => {
      const options = { repository: 'octo/tasks', providerExists: false, environmentNames }
      const roles = Template.fromStack(new GithubRoles(new App(), 'roles', options))
      // one for each environment, and one that compares
      expect(Object.keys(roles.findOutputs('*'))).toHaveLength(environmentNames.length + 1)
    }),
    { numRuns: 30, examples: [[['ab', 'a-b', 'a--b']]] },
  )
})

test('what GitHub may read of an environment is of all its queues, and of no other environment', () => {
  fc.assert(
    fc.property(environmentName, environmentName, furtherQueueName, (one, other, queue) => {
      fc.pre(one !== other)
      const own = `${namesOf(one).workQueueStack}-`
      expect(`${namesOf(one).furtherQueueStack(queue)}-Logs`.startsWith(own)).toBe(true)
      for (const stack of [namesOf(other).workQueueStack, namesOf(other).furtherQueueStack(queue)])
        expect(`${stack}-Logs`.startsWith(own)).toBe(false)
    }),
  )
})

test('a secret belongs to one user for ever: under another queue’s name all are new', () => {
  const secretsOf = (queue: string) => {
    const change = { workQueue: { ...environment('test-one-node').workQueue, queue } }
    const { workQueue } = addStacks(testApp(), 'sandbox', environment('test-one-node', change), fakeBundles())
    return Template.fromStack(workQueue).findResources('AWS::SecretsManager::Secret')
  }
  const queues = fc.uniqueArray(
    fc.oneof(
      anyEnvironment.map(({ workQueue }) => workQueue.queue),
      fc.constantFrom('a.b', 'a-b', 'a_b', 'ab'),
    ),
    { minLength: 2, maxLength: 3 },
  )
  fc.assert(
    fc.property(queues, (queues) => {
      const ids = queues.flatMap((queue) => Object.keys(secretsOf(queue)))
      expect(ids.length).toBeGreaterThanOrEqual(queues.length * 5)
      expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([])
    }),
    { numRuns: 10, examples: [[['a.b', 'a-b', 'ab']]] },
  )
})
