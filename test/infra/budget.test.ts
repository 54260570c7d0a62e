import { Template } from 'aws-cdk-lib/assertions'
import { describe, expect, test } from 'vitest'
import type { Environment } from '../../infra/settings/environment.ts'
import {
  allResources,
  type EnvironmentName,
  environmentNames,
  type Resource,
  resourcesOf,
  stacks,
} from './synth.ts'

/** The resources of both stacks, with a budget. */
function withBudget(name: EnvironmentName, change: Partial<Environment> = {}): [string, Resource][] {
  const { foundation, workQueue, moreQueues } = stacks(name, { monthlyBudgetUsd: 300, ...change })
  return [foundation, workQueue, ...moreQueues].flatMap((stack) => resourcesOf(Template.fromStack(stack)))
}
const ofType = (resources: [string, Resource][], type: string) =>
  resources.filter(([, { Type }]) => Type === type)
const budgets = (resources: [string, Resource][]) => ofType(resources, 'AWS::Budgets::Budget')

describe.each(environmentNames)('%s', (name) => {
  const resources = withBudget(name)
  const [[, budget] = []] = budgets(resources)

  test('has no budget unless one is set', () => {
    const { foundation } = stacks(name, { monthlyBudgetUsd: undefined })
    expect(resourcesOf(Template.fromStack(foundation), 'AWS::Budgets::Budget')).toEqual([])
    expect(budgets(resources)).toHaveLength(1)
  })

  test('tells the topic of the alarms at 80 % of what a month may cost', () => {
    const [[topic] = []] = ofType(resources, 'AWS::SNS::Topic')
    const [[policy] = []] = ofType(resources, 'AWS::SNS::TopicPolicy')
    expect(budget?.Properties).toMatchObject({
      Budget: { BudgetType: 'COST', TimeUnit: 'MONTHLY', BudgetLimit: { Amount: 300, Unit: 'USD' } },
      NotificationsWithSubscribers: [
        {
          Notification: {
            ...{ NotificationType: 'ACTUAL', ComparisonOperator: 'GREATER_THAN' },
            ...{ Threshold: 80, ThresholdType: 'PERCENTAGE' },
          },
          Subscribers: [{ SubscriptionType: 'SNS', Address: { Ref: topic } }],
        },
      ],
    })
    expect(budget?.DependsOn).toContain(policy)
  })

  // a changed notification replaces it, and its name would be taken
  test('has no name of ours', () => {
    expect(budget?.Properties.Budget).not.toHaveProperty('BudgetName')
  })

  test('counts what carries the tag that it filters by, which is all that can be tagged', () => {
    const { CostFilters } = budget?.Properties.Budget ?? {}
    const [, Key, Value] = /^user:(\w+)\$(.+)$/.exec(CostFilters.TagKeyValue.join(' ')) ?? []
    const tagged = resources.filter(([, { Properties }]) => Array.isArray(Properties?.Tags))
    expect(tagged.length).toBeGreaterThan(40)
    const types = [
      'AWS::AmazonMQ::Broker',
      'AWS::ECS::Service',
      'AWS::Lambda::Function',
      'AWS::Logs::LogGroup',
    ]
    expect(tagged.map(([, { Type }]) => Type)).toEqual(expect.arrayContaining(types))
    for (const [id, { Properties }] of tagged)
      expect([id, Properties.Tags]).toEqual([id, expect.arrayContaining([{ Key, Value }])])
  })
})

test('two environments of one account have budgets of their own', () => {
  const filters = environmentNames.flatMap((name) =>
    budgets(withBudget(name)).map(([, { Properties }]) => JSON.stringify(Properties.Budget.CostFilters)),
  )
  expect(filters.length).toBeGreaterThan(1)
  expect(new Set(filters).size).toBe(filters.length)
})

test('an environment without a budget does not let AWS Budgets publish', () => {
  for (const name of environmentNames) {
    const policies = JSON.stringify(allResources(name, 'AWS::SNS::TopicPolicy'))
    const { length } = allResources(name, 'AWS::Budgets::Budget')
    expect([name, policies.includes('budgets.amazonaws.com')]).toEqual([name, length > 0])
  }
})
