import { Template } from 'aws-cdk-lib/assertions'
import { describe, expect, test } from 'vitest'
import { addStacks } from '../../infra/app.ts'
import { namesOf } from '../../infra/names.ts'
import { schedulesIn } from '../../services/contract/schedule.ts'
import { taskIdPattern } from '../../services/contract/task.ts'
import { testSchedules } from '../support/schedules.ts'
import { alarmsOf } from '../support/template-metrics.ts'
import {
  allResources,
  environment,
  environmentNames,
  fakeBundles,
  type Resource,
  resourcesOf,
  schedulesOf,
  templates,
  testApp,
} from './synth.ts'

/** A type's only resource of whose path this is a part. */
function only(resources: [string, Resource][], part: string): Resource['Properties'] {
  const found = resources.filter(([id]) => id.includes(part))
  expect(found.map(([id]) => id)).toHaveLength(1)
  return found[0]?.[1].Properties
}

describe.each(environmentNames)('%s', (name) => {
  const own = schedulesIn(name, schedulesOf(name))
  const all = allResources(name, 'AWS::Scheduler::Schedule').map(([, { Properties }]) => Properties)
  const [producerId] =
    resourcesOf(templates(name).workQueue, 'AWS::Lambda::Function').find(([id]) =>
      id.startsWith('ProducerApiProducerFunction'),
    ) ?? []
  const producerArn = { 'Fn::GetAtt': [producerId, 'Arn'] }

  test('has a schedule, in a group of its own, for each that is declared for it', () => {
    const groups = allResources(name, 'AWS::Scheduler::ScheduleGroup').map(([, { Properties }]) => Properties)
    const groupOf = namesOf(name).scheduleGroup
    expect(all.map(({ Name }) => Name)).toEqual(own.map((schedule) => schedule.name))
    expect(groups.map(({ Name }) => Name)).toEqual(own.map((schedule) => groupOf(schedule.name)))
    // a schedule has no tags
    for (const { Tags } of groups)
      expect(Tags).toContainEqual({ Key: 'deployment', Value: namesOf(name).deployment })
  })

  test('the producer is invoked with a request whose id has the time', () => {
    expect(all).toHaveLength(own.length)
    for (const [index, schedule] of own.entries()) {
      const { Target } = all[index]
      expect(Target.Arn).toEqual(producerArn)
      const time = '2026-11-30T02:30:00Z'
      const event = JSON.parse(Target.Input.replace('<aws.scheduler.scheduled-time>', time))
      const { task } = schedule
      expect(event).toEqual({ ...task, id: `${schedule.name}:${time}`, type: task.type.type })
      expect(event.id).toMatch(taskIdPattern)
    }
  })

  test('what could not be sent within an hour stands in a queue that alarms', () => {
    const [failures] = allResources(name, 'AWS::SQS::Queue')
      .filter(([id]) => id.startsWith('Schedules'))
      .flat()
    for (const { Target, FlexibleTimeWindow, State } of all) {
      expect(Target.DeadLetterConfig).toEqual({ Arn: { 'Fn::GetAtt': [failures, 'Arn'] } })
      expect(Target.RetryPolicy).toEqual({ MaximumEventAgeInSeconds: 3_600, MaximumRetryAttempts: 185 })
      expect(FlexibleTimeWindow).toEqual({ Mode: 'OFF' })
      expect(State ?? 'ENABLED').toBe('ENABLED')
    }
    const config = allResources(name, 'AWS::Lambda::EventInvokeConfig').filter(
      ([, { Properties }]) => Properties.FunctionName.Ref === producerId,
    )
    expect(config.map(([, { Properties }]) => Properties)).toEqual(
      own.length === 0
        ? []
        : [
            expect.objectContaining({
              MaximumRetryAttempts: 2,
              MaximumEventAgeInSeconds: 3_600,
              DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [failures, 'Arn'] } } },
            }),
          ],
    )
  })

  test('each schedule has an alarm for what is given up, and all have one for what failed', () => {
    const alarms = alarmsOf(name).filter(([id]) => id.startsWith('MonitoringSchedule'))
    const groupOf = namesOf(name).scheduleGroup
    const seen = alarms.map(([, { Namespace, MetricName, Dimensions }]) => [
      Namespace,
      MetricName,
      Namespace === 'AWS/Scheduler' && Dimensions[0].Value,
    ])
    expect(seen.toSorted()).toEqual(
      own.length === 0
        ? []
        : [
            ...own.map((schedule) => ['AWS/Scheduler', 'InvocationDroppedCount', groupOf(schedule.name)]),
            ['AWS/SQS', 'ApproximateNumberOfMessagesVisible', false],
          ].toSorted(),
    )
  })

  test('the role of the schedules may invoke the producer and put failures away, for these groups only', () => {
    if (own.length === 0) return expect(allResources(name, 'AWS::Scheduler::Schedule')).toEqual([])
    const [id] = resourcesOf(templates(name).workQueue, 'AWS::IAM::Role').find(([id]) =>
      id.startsWith('SchedulesRole'),
    ) ?? ['']
    const roles = resourcesOf(templates(name).workQueue, 'AWS::IAM::Role')
    const [trust] = only(roles, 'SchedulesRole').AssumeRolePolicyDocument.Statement
    expect(trust.Principal).toEqual({ Service: 'scheduler.amazonaws.com' })
    expect(trust.Condition).toEqual({
      StringEquals: { 'aws:SourceAccount': environment(name).account ?? { Ref: 'AWS::AccountId' } },
      ArnLike: { 'aws:SourceArn': expect.anything() },
    })
    // no name of an environment has a dot
    const groups = `:schedule-group/${namesOf(name).scheduleGroup('*')}`
    expect(JSON.stringify(trust.Condition.ArnLike)).toContain(groups)
    expect(groups).toMatch(/^:schedule-group\/[a-z0-9-]+\.\*$/)
    const policies = allResources(name, 'AWS::IAM::Policy').filter(([, { Properties }]) =>
      Properties.Roles.some(({ Ref }: { Ref: string }) => Ref === id),
    )
    const statements = policies.flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement)
    const { kmsKey } = environment(name)
    expect(statements.map(({ Action, Resource }) => [Action, Resource])).toEqual([
      ['lambda:InvokeFunction', producerArn],
      ['sqs:SendMessage', { 'Fn::GetAtt': [expect.stringMatching(/^SchedulesFailures/), 'Arn'] }],
      ...(kmsKey ? [[['kms:Decrypt', 'kms:GenerateDataKey'], kmsKey]] : []),
    ])
    for (const { Target } of all) expect(Target.RoleArn).toEqual({ 'Fn::GetAtt': [id, 'Arn'] })
  })
})

describe('a schedule in AWS', () => {
  const schedules = resourcesOf(templates('test-one-node').workQueue, 'AWS::Scheduler::Schedule')
  test('of five fields has six', () => {
    expect(only(schedules, 'nightlyreport')).toMatchObject({
      ScheduleExpression: 'cron(30 2 ? * MON-FRI *)',
      ScheduleExpressionTimezone: 'Europe/Berlin',
    })
  })

  test('of a rate has one', () => {
    expect(only(schedules, 'often')).toMatchObject({
      ScheduleExpression: 'rate(1 minute)',
      ScheduleExpressionTimezone: 'UTC',
    })
  })
})

test('without schedules the templates have nothing of them', () => {
  const templateWith = (schedules: typeof testSchedules) => {
    const app = testApp()
    const sandbox = environment('test-one-node')
    return Template.fromStack(addStacks(app, 'sandbox', sandbox, fakeBundles(), schedules).workQueue)
  }
  const none = templateWith([])
  const all = Object.entries(none.toJSON()['Resources'] as Record<string, Resource>)
  expect(all.filter(([id, { Type }]) => /Schedule/.test(id) || Type.includes('::Scheduler::'))).toEqual([])
  expect(templateWith(testSchedules.filter(({ name }) => name === 'elsewhere')).toJSON()).toEqual(
    none.toJSON(),
  )
})
