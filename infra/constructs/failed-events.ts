import { Duration } from 'aws-cdk-lib'
import type * as kms from 'aws-cdk-lib/aws-kms'
import * as sqs from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'

/** Keeps events that could not be handled. An alarm reports them; each says what it was and why it failed. */
export class FailedEvents extends Construct {
  readonly queue: sqs.Queue

  constructor(scope: Construct, id: string, encryptionKey: kms.IKey | undefined) {
    super(scope, id)
    this.queue = new sqs.Queue(this, 'Queue', {
      enforceSSL: true,
      // SQS's maximum: long enough for somebody who comes back from a holiday
      retentionPeriod: Duration.days(14),
    })
    // not CDK's encryptionMasterKey: it lets senders use the key for more than that, and without SQS
    if (encryptionKey) (this.queue.node.defaultChild as sqs.CfnQueue).kmsMasterKeyId = encryptionKey.keyArn
    acknowledge(this.queue, { 'AwsSolutions-SQS3': 'It is itself where failures end.' })
  }
}
