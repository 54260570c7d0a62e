import { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { ContainerImage } from 'aws-cdk-lib/aws-ecs'
import { QueueProcessingFargateService } from 'aws-cdk-lib/aws-ecs-patterns'
import type { Placed } from '../../ops/assembly.ts'

/** What CDK's own pattern for workers on a queue makes of its defaults: read from its template, like ours. */
export function queueProcessingService(): Placed[] {
  const flags = { '@aws-cdk/aws-ecs:removeDefaultDesiredCount': true }
  const stack = new Stack(new App({ context: flags }), 'Peer')
  new QueueProcessingFargateService(stack, 'Service', { image: ContainerImage.fromRegistry('worker') })
  const { Resources } = Template.fromStack(stack).toJSON()
  return Object.entries(Resources as Record<string, Omit<Placed, 'stack' | 'logicalId'>>).map(
    ([logicalId, resource]) => ({ ...resource, logicalId, stack: stack.stackName }),
  )
}
