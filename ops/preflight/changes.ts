import { GetTemplateCommand } from '@aws-sdk/client-cloudformation'
import type { Template } from '../assembly.ts'
import { findDangers } from '../changes/dangers.ts'
import { findLeftQueues } from '../changes/renamed.ts'
import type { Check, DeployTarget } from './check.ts'
import { leftQueue, leftStacks } from './left-queues.ts'
import { findStack } from './stacks.ts'

/** What the deploy would do to what is deployed: nothing that holds tasks is replaced, and no queue is left with any. */
export const changes: Check = {
  name: 'what would be replaced',
  needs: ['cloudformation:DescribeStacks', 'cloudformation:GetTemplate', 'cloudwatch:GetMetricData'],
  async run(target) {
    const { stacks } = target.assembly
    const next = new Map(stacks.map(({ name, template }) => [name, template]))
    const found = await Promise.all(
      stacks.map(async ({ name }) => [name, await deployedTemplate(target, name)] as const),
    )
    const deployed = new Map(found.flatMap(([name, template]) => (template ? [[name, template]] : [])))
    const renamed = findLeftQueues(deployed, next).map((queue) => leftQueue(target, queue))
    const left = await Promise.all([...renamed, leftStacks(target)])
    return [...findDangers(deployed, next), ...left.flat()]
  },
}

/** Of a stack that can be updated: what is stuck holds up the deploy anyway. */
async function deployedTemplate(target: DeployTarget, name: string): Promise<Template | undefined> {
  const stack = await findStack(target, name)
  if (!/^(CREATE|UPDATE|UPDATE_ROLLBACK|IMPORT|IMPORT_ROLLBACK)_COMPLETE$/.test(stack?.StackStatus ?? ''))
    return undefined
  const { TemplateBody = '{}' } = await target.aws.cloudFormation.send(
    new GetTemplateCommand({ StackName: name }),
  )
  return JSON.parse(TemplateBody)
}
