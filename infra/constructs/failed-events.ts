import { Duration } from 'aws-cdk-lib'
import * as sqs from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'

/** Where events end that could not be acted on: an alarm tells of them, and each says what it was and why it failed. */
export class FailedEvents extends Construct {
  readonly queue: sqs.Queue

  constructor(scope: Construct, id: string) {
    super(scope, id)
    this.queue = new sqs.Queue(this, 'Queue', {
      enforceSSL: true,
      // SQS's most: long enough for whoever comes back from holidays
      retentionPeriod: Duration.days(14),
    })
    acknowledge(this.queue, { 'AwsSolutions-SQS3': 'It is itself where failures end.' })
  }
}
