import { Stack } from 'aws-cdk-lib'
import { CfnBudget } from 'aws-cdk-lib/aws-budgets'
import * as iam from 'aws-cdk-lib/aws-iam'
import type * as sns from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'

/**
 * Key of the tag that a budget filters by. AWS counts by it only once it was activated as a cost allocation tag, in the
 * account that pays.
 */
export const deploymentTag = 'deployment'

export interface MonthlyBudgetProps {
  /** The most that a month should cost, in USD. */
  readonly usd: number
  /** Value of the tag `deployment`. */
  readonly deployment: string
  readonly topic: sns.Topic
}

/**
 * An AWS Budget for all resources with the deployment's tag. It notifies the topic at 80 %. It has no name:
 * CloudFormation replaces a budget whose notification changes, and two budgets cannot have the same name.
 */
export class MonthlyBudget extends Construct {
  constructor(scope: Construct, id: string, { usd, deployment, topic }: MonthlyBudgetProps) {
    super(scope, id)
    // https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html
    topic.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [new iam.ServicePrincipal('budgets.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    )
    const budget = new CfnBudget(this, 'Resource', {
      budget: {
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: usd, unit: 'USD' },
        costFilters: { TagKeyValue: [`user:${deploymentTag}$${deployment}`] },
      },
      notificationsWithSubscribers: [
        {
          notification: {
            notificationType: 'ACTUAL',
            comparisonOperator: 'GREATER_THAN',
            threshold: 80,
            thresholdType: 'PERCENTAGE',
          },
          subscribers: [{ subscriptionType: 'SNS', address: topic.topicArn }],
        },
      ],
    })
    budget.node.addDependency(topic)
  }
}
