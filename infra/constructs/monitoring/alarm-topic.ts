import * as sns from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import type { Construct } from 'constructs'

/** Where all alarms go. `email` gets a message to confirm; without it, subscribe what you like to the topic. */
export function alarmTopic(scope: Construct, email: string | undefined): sns.Topic {
  const topic = new sns.Topic(scope, 'Alarms', { enforceSSL: true })
  if (email) topic.addSubscription(new EmailSubscription(email))
  return topic
}
