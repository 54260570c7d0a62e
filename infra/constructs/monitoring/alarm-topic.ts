import { Stack } from 'aws-cdk-lib'
import * as iam from 'aws-cdk-lib/aws-iam'
import type * as kms from 'aws-cdk-lib/aws-kms'
import * as sns from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import type { Construct } from 'constructs'

/** Where all alarms go. `email` gets a message to confirm; without it, subscribe what you like to the topic. */
export function alarmTopic(
  scope: Construct,
  email: string | undefined,
  encryptionKey: kms.IKey | undefined,
): sns.Topic {
  const topic = new sns.Topic(scope, 'Alarms', { enforceSSL: true, masterKey: encryptionKey })
  // a policy of one's own replaces SNS's default, which lets the account's alarms publish
  topic.addToResourcePolicy(
    new iam.PolicyStatement({
      principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
  )
  if (email) topic.addSubscription(new EmailSubscription(email))
  return topic
}
