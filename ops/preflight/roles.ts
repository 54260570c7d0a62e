import { GetRoleCommand, NoSuchEntityException } from '@aws-sdk/client-iam'
import type { Check } from './check.ts'

/**
 * Roles that AWS makes in an account when a service is first used. Making them beforehand avoids the race in which
 * the first cluster or broker fails since its role is not there yet.
 */
const linked = [
  { role: 'AWSServiceRoleForECS', service: 'ecs.amazonaws.com' },
  { role: 'AWSServiceRoleForAmazonMQ', service: 'mq.amazonaws.com' },
  {
    role: 'AWSServiceRoleForApplicationAutoScaling_ECSService',
    service: 'ecs.application-autoscaling.amazonaws.com',
  },
]

export const roles: Check = {
  name: 'service-linked roles',
  async run({ aws }) {
    const problems = linked.map(async ({ role, service }) => {
      try {
        await aws.iam.send(new GetRoleCommand({ RoleName: role }))
        return []
      } catch (error) {
        if (!(error instanceof NoSuchEntityException)) throw error
        return [
          {
            what: `the account lacks the role of ${service}`,
            seen: `no ${role}`,
            remedy: `aws iam create-service-linked-role --aws-service-name ${service}`,
          },
        ]
      }
    })
    return (await Promise.all(problems)).flat()
  },
}
