import { Template } from 'aws-cdk-lib/assertions'
import { describe, expect, test } from 'vitest'
import * as checks from '../../infra/checks.ts'
import { connectionBudgets } from '../../infra/connection-budget.ts'
import { environments } from '../../infra/environments.ts'
import { namesOf } from '../../infra/names.ts'
import type { Environment } from '../../infra/settings/environment.ts'
import type { Template as TemplateJson } from '../../ops/assembly.ts'
import { compare } from '../../ops/changes/compare.ts'
import { taskType } from '../../services/contract/task-type.ts'
import { sleep } from '../../services/tasks/sleep.ts'
import { environment, findSettingProblems, resourcesOf, stacks, templates } from './synth.ts'

const name = 'test-three-queues'
const three = environment(name)
const { moreQueues = [] } = three
const one: Environment = { ...three, moreQueues: undefined }
const queueNames = moreQueues.map(({ queue }) => queue)

/** Their templates, by name. */
function templatesOf(change: Partial<Environment>): Map<string, TemplateJson> {
  const { foundation, workQueue, moreQueues } = stacks(name, change)
  return new Map(
    [foundation, workQueue, ...moreQueues].map((stack) => [
      stack.stackName,
      Template.fromStack(stack).toJSON() as TemplateJson,
    ]),
  )
}

test('without further queues the stacks are as they were before there were any', () => {
  const { foundationStack, workQueueStack } = namesOf(name)
  const alone = templatesOf(one)
  expect([...alone.keys()]).toEqual([foundationStack, workQueueStack])
  expect(templatesOf({ moreQueues: [] })).toEqual(alone)
  expect(JSON.stringify([...alone.values()])).not.toContain('MORE_QUEUES')
})

test('a further queue changes of the others what its tasks come by, and nothing else', () => {
  const [before, after] = [templatesOf(one), templatesOf({})]
  const changes = [...before].flatMap(([stack, template]) =>
    compare(template, after.get(stack) ?? { Resources: {} }),
  )
  expect(changes.map(({ type, fate }) => [type, fate])).toEqual([
    ['Custom::QueueTopology', 'in place'],
    ['AWS::Lambda::Function', 'in place'],
  ])
})

test('further queues are deployed first, the one with the producer last', () => {
  const { foundationStack, furtherQueueStack, workQueueStack } = namesOf(name)
  const assembly = stacks(name).app.synth()
  const order = assembly.stacks.map(({ stackName }) => stackName)
  expect(order).toEqual([foundationStack, ...queueNames.map(furtherQueueStack), workQueueStack])
  const [last] = assembly.stacks.slice(-1)
  const needed = last?.dependencies.map(({ id }) => id)
  expect(needed).toEqual(expect.arrayContaining(queueNames.map(furtherQueueStack)))
})

describe.each(templates(name).moreQueues.map((template, at) => [queueNames[at] ?? '', template] as const))(
  'the stack of %s',
  (queue, template) => {
    const all = resourcesOf(template)
    const definitions = () => {
      const [[, { Properties }] = ['', { Properties: {} }]] = resourcesOf(template, 'Custom::QueueTopology')
      return JSON.parse(Properties.definitions)
    }

    test('has all that works for a queue, and no endpoint', () => {
      const types = all.map(([, { Type }]) => Type)
      const functions = all.flatMap(([id, { Type }]) => (Type === 'AWS::Lambda::Function' ? [id] : []))
      expect(functions.map((id) => id.replace(/[0-9A-F]{8}$/, ''))).toEqual(
        expect.arrayContaining(['TopologyFunction', 'QueueProbeFunction', 'OperatorFunction']),
      )
      expect(types).toEqual(
        expect.arrayContaining([
          'AWS::ECS::Service',
          'AWS::CloudWatch::Dashboard',
          'AWS::CloudWatch::CompositeAlarm',
          'AWS::ApplicationAutoScaling::ScalingPolicy',
        ]),
      )
      expect(types.filter((type) => type.startsWith('AWS::ApiGatewayV2::'))).toEqual([])
      expect(Object.keys(template.toJSON()['Outputs'])).not.toContain('Endpoint')
    })

    test('is of that queue in all that it says', () => {
      const variables = all.flatMap(([, { Type, Properties }]) =>
        Type === 'AWS::Lambda::Function' ? (Properties.Environment?.Variables?.QUEUE_NAME ?? []) : [],
      )
      expect(variables).toEqual([queue, queue, queue])
      for (const [, { Properties }] of resourcesOf(template, 'AWS::ECS::TaskDefinition'))
        expect(Properties.ContainerDefinitions[0].Environment).toContainEqual({
          Name: 'QUEUE_NAME',
          Value: queue,
        })
      const names = definitions().queues.map((each: { name: string }) => each.name)
      expect(names).toEqual(expect.arrayContaining([queue, `${queue}.dead`]))
      for (const each of names) expect(each.split('.')[0]).toBe(queue)
    })

    test('makes no user that publishes new tasks: the default queue’s does', () => {
      const users = definitions().users.map((user: { name: string }) => user.name)
      expect(users).toEqual(['worker', 'probe', 'operator'].map((role) => `${queue}-${role}`))
    })
  },
)

/** As it would be under the default stack's name, of which what CDK names has a hash at its end. */
function renamed(template: Template | undefined, stack: string): TemplateJson {
  const { workQueueStack } = namesOf(name)
  const short = (each: string) => each.replaceAll('-', '')
  const text = JSON.stringify(template?.toJSON())
    .replaceAll(stack, workQueueStack)
    .replaceAll(short(stack), short(workQueueStack))
  return JSON.parse(text.replaceAll(new RegExp(`(${short(workQueueStack)}\\w+)[0-9A-F]{8}`, 'g'), '$1'))
}

test.each(queueNames)(
  'the stack of %s is what the default queue’s would be, without what takes tasks in',
  (queue) => {
    const [settings] = moreQueues.filter((each) => each.queue === queue)
    const { producer } = three.workQueue
    const workQueue = { ...settings, producer } as typeof three.workQueue
    const asDefault = Template.fromStack(stacks(name, { moreQueues: undefined, workQueue }).workQueue)
    const further = templates(name).moreQueues[queueNames.indexOf(queue)]
    // whom CDK lets invoke a function has a hash of the stack's name
    const changes = compare(
      renamed(asDefault, namesOf(name).workQueueStack),
      renamed(further, namesOf(name).furtherQueueStack(queue)),
    ).filter(({ type }) => type !== 'AWS::Lambda::Permission')
    const of = (fate: string) => changes.filter((change) => change.fate === fate)
    expect(of('added')).toEqual([])
    // a variable says which queue is the default one
    const replaced = of('replaced').map(({ type, properties }) => [type, properties.map(({ name }) => name)])
    expect(replaced).toEqual([['AWS::ECS::TaskDefinition', ['ContainerDefinitions']]])
    for (const { logicalId } of of('removed'))
      expect(logicalId).toMatch(
        /^(ProducerApi|Schedules|Topology\w+ProducerSecret|Monitoring(Producer5xx|ConfirmLatency|Schedule))/,
      )
    expect([...new Set(of('in place').map(({ type }) => type))].sort()).toEqual([
      ...['AWS::CloudWatch::CompositeAlarm', 'AWS::CloudWatch::Dashboard', 'AWS::Events::Rule'],
      ...['AWS::IAM::Policy', 'AWS::Lambda::Function', 'Custom::QueueTopology'],
    ])
  },
)

test('the producer’s user may write to each queue’s exchange and to nothing else', () => {
  const [[, { Properties }] = ['', { Properties: {} }]] = resourcesOf(
    templates(name).workQueue,
    'Custom::QueueTopology',
  )
  const { permissions } = JSON.parse(Properties.definitions)
  const [{ write, read, configure }] = permissions.filter(({ user }: { user: string }) =>
    user.endsWith('-producer'),
  )
  const may = new RegExp(write)
  for (const queue of [three.workQueue.queue, ...queueNames]) {
    expect(may.test(queue)).toBe(true)
    for (const other of [`${queue}.dead`, `my-${queue}`, `${queue}2`, '', `${queue}|`])
      expect(may.test(other)).toBe(false)
  }
  expect({ read, configure }).toEqual({ read: '', configure: '' })
})

test('the connections of all queues count towards the one broker', () => {
  const needed = (settings: Environment) => connectionBudgets(settings).map(({ needed }) => needed)
  const tasks = moreQueues.flatMap(({ workers }) => workers.map(({ maxTasks }) => 2 * maxTasks))
  const [connections = 0] = needed(one)
  // and of each queue its probe, operator and topology
  const more = tasks.reduce((sum, count) => sum + count, 3 * moreQueues.length)
  expect(needed(three)[0]).toBe(connections + more)
  const crowded = { ...three, broker: { ...three.broker, instanceType: 'mq.m7g.medium' } } as const
  expect(findSettingProblems(name, crowded)).toContainEqual({
    field: 'broker.instanceType',
    seen: 'mq.m7g.medium',
    remedy: expect.stringContaining('workers "small" of queue calls (4 tasks × 200 % × '),
  })
})

describe('a task type that says where it belongs', () => {
  const elsewhere = taskType({ ...sleep, type: 'elsewhere', queue: 'call' })
  const problems = (queue: string | undefined) =>
    checks.findSettingProblems(name, three, {
      ...checks.ours,
      taskTypes: [sleep, { ...elsewhere, ...(queue === undefined ? {} : { queue }) }],
    })

  test('may name any queue of the environment', () => {
    for (const queue of [three.workQueue.queue, ...queueNames]) expect(problems(queue)).toEqual([])
  })

  test('is refused with the queues that there are, where it names another', () => {
    expect(problems('call')).toEqual([
      {
        field: 'task type elsewhere: queue',
        seen: 'call',
        remedy:
          'there are jobs, calls, reports: use one of these, leave it out for jobs, or add the queue to moreQueues in infra/environments.ts',
      },
    ])
  })

  test.each(Object.keys(environments))('has a queue in %s', (name) => {
    expect(() => checks.checkedEnvironment(name)).not.toThrow()
  })
})

test.each([
  ['the default queue’s', [{ ...moreQueues[0], queue: three.workQueue.queue }], 'moreQueues[0].queue'],
  ['another’s', [moreQueues[0], moreQueues[0]], 'moreQueues[1].queue'],
])('a further queue with %s name is refused', (_, queues, field) => {
  const settings = { ...three, moreQueues: queues } as Environment
  expect(findSettingProblems(name, settings).map((problem) => problem.field)).toEqual([field])
})

test.each([
  ['a producer', { ...moreQueues[0], producer: three.workQueue.producer }, 'moreQueues[0].producer'],
  ['no workers', { ...moreQueues[0], workers: [] }, 'moreQueues[0].workers'],
  ['a name that is no stack’s', { ...moreQueues[0], queue: 'my.calls' }, 'moreQueues[0].queue'],
])('a further queue with %s is refused', (_, queue, field) => {
  const settings = { ...three, moreQueues: [queue] } as Environment
  expect(findSettingProblems(name, settings).map((problem) => problem.field)).toEqual([field])
})
