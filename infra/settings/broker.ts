import * as z from 'zod'
import { brokerLimits } from '../limits.ts'
import { choice, text, withRule } from './fields.ts'

const orAdd = ', or add its limits to infra/limits.ts'

const fields = z.strictObject({
  version: choice(['4.3']).describe('The RabbitMQ version of the Amazon MQ broker.'),
  mode: choice(['SINGLE_INSTANCE', 'CLUSTER_MULTI_AZ']).describe(
    'One node, or a cluster of three nodes in three zones.',
  ),
  instanceType: choice(Object.keys(brokerLimits), orAdd).describe(
    'The instance type of each node. Size and limits of the broker follow from it.',
  ),
  maintenance: z
    .strictObject({
      day: choice(['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY']).describe(
        'The day of the week on which Amazon MQ may patch and reboot the broker. A single instance is away meanwhile.',
      ),
      time: text(/^([01]\d|2[0-3]):[0-5]\d$/, 'use HH:MM in UTC, up to 23:59').describe(
        'When the two hours start in which it may do so, in UTC, such as `03:00`.',
      ),
    })
    .describe('The maintenance window.'),
})

export const brokerSchema = withRule(
  fields,
  fields.pick({ mode: true, instanceType: true }).strip(),
  ({ mode, instanceType }, report) => {
    const types = Object.keys(brokerLimits).filter((type) => brokerLimits[type]?.[mode])
    if (!types.includes(instanceType))
      report(['instanceType'], `for ${mode} choose one of ${types.join(', ')}${orAdd}`)
  },
)
