import { describe, expect, test } from 'vitest'
import { name as template } from '../../infra/environments.ts'
import { resolver } from './resolve.ts'
import { allResources, allTemplates, environment, environmentNames, resourcesOf, templates } from './synth.ts'

describe.each(environmentNames)('%s', (name) => {
  const { logDays, keepData, workQueue } = environment(name)

  test('every function, also of CDK’s own, writes to a log group of the template', () => {
    for (const template of Object.values(allTemplates(name))) {
      const groups = resourcesOf(template, 'AWS::Logs::LogGroup').map(([id]) => id)
      const functions = resourcesOf(template, 'AWS::Lambda::Function')
      expect(functions.length).toBeGreaterThanOrEqual(2)
      for (const [id, { Properties }] of functions)
        expect([id, groups.includes(Properties.LoggingConfig?.LogGroup?.Ref)]).toEqual([id, true])
    }
  })

  test('every log group has an end, and goes or stays with its stack', () => {
    const groups = allResources(name, 'AWS::Logs::LogGroup').filter(
      ([, { Properties }]) => !String(Properties.LogGroupName).startsWith('/aws/lambda/'),
    )
    expect(groups.length).toBeGreaterThanOrEqual(10)
    for (const [id, { Properties, DeletionPolicy, UpdateReplacePolicy }] of groups) {
      const policies = keepData ? ['RetainExceptOnCreate', 'Retain'] : ['Delete', 'Delete']
      expect([id, Properties.RetentionInDays, DeletionPolicy, UpdateReplacePolicy]).toEqual([
        id,
        logDays,
        ...policies,
      ])
    }
  })

  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
  test('what AWS delivers by the account’s resource policy has the prefix that all groups share there', () => {
    const both = templates(name)
    const stages = resourcesOf(both.workQueue, 'AWS::ApiGatewayV2::Stage')
    expect(stages.length).toBeGreaterThan(0)
    for (const [, { Properties }] of stages) {
      const [id] = Properties.AccessLogSettings.DestinationArn['Fn::GetAtt']
      const [, group] = resourcesOf(both.workQueue, 'AWS::Logs::LogGroup').find(([each]) => each === id) ?? []
      expect(resolver(both.workQueue, both)(group?.Properties.LogGroupName)).toMatch(
        new RegExp(`^/aws/vendedlogs/.+-${name}-work-queue-0a1b2c3d$`),
      )
    }
  })

  test('the log groups that AWS services make have an end too', () => {
    const groups = allResources(name, 'Custom::LogRetention').map(([, { Properties }]) => {
      const [before, , after] = Properties.LogGroupName['Fn::Join'][1]
      return [`${before}*${after}`, Properties.RetentionInDays, Properties.RemovalPolicy]
    })
    const kinds = ['general', 'connection', 'channel', 'mirroring']
    const broker = kinds.map((kind) => `/aws/amazonmq/broker/*/${kind}`)
    const insights = workQueue.containerInsights ? ['/aws/ecs/containerinsights/*/performance'] : []
    expect(groups).toEqual(
      [...broker, ...insights].map((group) => [
        group,
        logDays,
        keepData ? 'retain-on-update-or-delete' : 'destroy',
      ]),
    )
  })

  test('the group that CDK’s log retention function makes for itself goes with its stack', () => {
    for (const template of Object.values(allTemplates(name))) {
      const retains = resourcesOf(template, 'Custom::LogRetention').map(
        ([, { Properties }]) => Properties.ServiceToken['Fn::GetAtt'][0],
      )
      for (const id of new Set(retains)) {
        const [, helper] = resourcesOf(template).find(([each]) => each === id) ?? []
        const group = `/aws/lambda/${helper?.Properties.FunctionName}`
        const [own, found] =
          resourcesOf(template, 'AWS::Logs::LogGroup').find(
            ([, { Properties }]) => Properties.LogGroupName === group,
          ) ?? []
        expect([own, found?.DeletionPolicy]).toEqual([expect.any(String), 'Delete'])
        expect(helper?.DependsOn).toContain(own)
      }
    }
  })

  test('every alarm says what to do and where to read on, and acts', () => {
    const alarms = allResources(name, 'AWS::CloudWatch::Alarm')
    expect(alarms.length).toBeGreaterThanOrEqual(3)
    for (const [id, { Properties }] of alarms) {
      expect([id, Properties.AlarmDescription]).toEqual([
        id,
        expect.stringMatching(/^.{40,} docs\/runbook\.md#[a-z0-9-]+$/s),
      ])
      expect([id, Properties.AlarmActions?.length]).toEqual([id, 1])
      expect([id, Properties.TreatMissingData]).toEqual([id, expect.any(String)])
    }
  })

  test('everything that can be tagged says whose it is', () => {
    const tagged = allResources(name).filter(([, { Properties }]) => Array.isArray(Properties?.Tags))
    expect(tagged.length).toBeGreaterThan(40)
    for (const [, { Properties }] of tagged) {
      expect(Properties.Tags).toContainEqual({ Key: 'name', Value: template })
      expect(Properties.Tags).toContainEqual({ Key: 'environment', Value: name })
    }
  })

  // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html: keys of IAM's tags differ by more than case
  test('no role has a tag twice, in upper and lower case', () => {
    const roles = allResources(name, 'AWS::IAM::Role')
    expect(roles.length).toBeGreaterThan(5)
    for (const [id, { Properties }] of roles) {
      const keys = (Properties.Tags ?? []).map(({ Key }: { Key: string }) => Key.toLowerCase())
      expect([id, keys]).toEqual([id, [...new Set(keys)]])
    }
  })
})
