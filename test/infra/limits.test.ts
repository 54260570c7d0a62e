import { Template } from 'aws-cdk-lib/assertions'
import { describe, expect, test } from 'vitest'
import { addStacks } from '../../infra/app.ts'
import type { Environment, WorkerClass } from '../../infra/settings/environment.ts'
import { resolver } from './resolve.ts'
import { environment, fakeBundles, findSettingProblems, resourcesOf, testApp } from './synth.ts'

/** As many classes, with names as long as the settings take. */
function crowded(classes: number): Environment {
  const sandbox = environment('test-one-node')
  const [worker] = sandbox.workQueue.workers as [WorkerClass]
  const workers = Array.from({ length: classes }, (_, index) => ({
    ...worker,
    name: `${'w'.repeat(30)}${'abcdefghijklmnop'[index]}`,
    maxTasks: 1,
  }))
  return {
    ...sandbox,
    broker: { ...sandbox.broker, instanceType: 'mq.m7g.large' },
    workQueue: { ...sandbox.workQueue, queue: 'q'.repeat(100), workers },
  }
}
const long = 'e'.repeat(20)
const most = 9

test('one worker class more than can be watched is refused with a remedy', () => {
  expect(findSettingProblems(long, crowded(most))).toEqual([])
  expect(findSettingProblems(long, crowded(most + 1))).toEqual([
    {
      field: 'workQueue.workers',
      seen: expect.any(Array),
      remedy: expect.stringMatching(/^use up to 9 worker classes: .* CloudWatch takes 10$/),
    },
  ])
})

/** What AWS takes of each, at most. */
describe('the most worker classes, with the longest names, stay within', () => {
  const { foundation, workQueue } = addStacks(testApp(), long, crowded(most), fakeBundles())
  const both = { workQueue: Template.fromStack(workQueue), foundation: Template.fromStack(foundation) }
  const resolve = resolver(both.workQueue, both)
  const all = (type: string) =>
    resourcesOf(both.workQueue, type).map(([id, { Properties }]) => ({
      id,
      // biome-ignore lint/suspicious/noExplicitAny: a template's properties have whatever shape their type has
      properties: resolve(Properties) as any,
    }))

  // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
  test('500 resources a stack', () => {
    for (const template of Object.values(both)) expect(resourcesOf(template).length).toBeLessThanOrEqual(500)
  })

  // https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
  test('4 KB of variables a function', () => {
    for (const { id, properties } of all('AWS::Lambda::Function')) {
      const variables = JSON.stringify(properties.Environment?.Variables ?? {})
      // a name that CloudFormation makes is longer than its logical id, by the stack's name and twelve characters
      const made = variables.split('ClusterEB0386A7').length - 1
      expect([id, variables.length + made * 70 <= 4_096]).toEqual([id, true])
    }
  })

  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
  test('10 metrics an alarm, 500 a graph, 2,500 a dashboard', () => {
    for (const { id, properties } of all('AWS::CloudWatch::Alarm')) {
      const stats = (properties.Metrics ?? []).filter(({ MetricStat }: { MetricStat?: object }) => MetricStat)
      expect([id, stats.length <= 10]).toEqual([id, true])
    }
    const graphs = all('AWS::CloudWatch::Dashboard').flatMap(({ properties }) =>
      JSON.parse(properties.DashboardBody).widgets.map(
        (widget: { properties: { metrics?: unknown[] } }) => widget.properties.metrics?.length ?? 0,
      ),
    )
    expect(Math.max(...graphs)).toBeLessThanOrEqual(500)
    expect(graphs.reduce((sum: number, count: number) => sum + count, 0)).toBeLessThanOrEqual(2_500)
  })

  // https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups
  test('60 rules that let somebody in at the broker', () => {
    expect(all('AWS::EC2::SecurityGroupIngress').length).toBeLessThanOrEqual(60)
  })

  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
  test('10,240 characters of inline policies a role', () => {
    for (const { id, properties } of all('AWS::IAM::Policy'))
      expect([id, JSON.stringify(properties.PolicyDocument).length <= 10_240]).toEqual([id, true])
  })
})
