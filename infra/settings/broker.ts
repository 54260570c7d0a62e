import * as z from 'zod'
import { brokerLimits } from '../limits.ts'
import { choice, text, withRule } from './fields.ts'

const orAdd = ', or add its limits to infra/limits.ts'

const fields = z.strictObject({
  version: choice(['4.3']).describe("RabbitMQ's version at Amazon MQ."),
  mode: choice(['SINGLE_INSTANCE', 'CLUSTER_MULTI_AZ']).describe(
    'One node, or a cluster of three in three zones.',
  ),
  instanceType: choice(Object.keys(brokerLimits), orAdd).describe(
    'What a node runs on: size, and the limits that follow from it.',
  ),
  maintenance: z
    .strictObject({
      day: choice(['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY']).describe(
        'On which day of the week Amazon MQ may patch and reboot. A single instance is away meanwhile.',
      ),
      time: text(/^([01]\d|2[0-3]):[0-5]\d$/, 'use HH:MM in UTC, up to 23:59').describe(
        'When the two hours begin in which it may, in UTC, such as `03:00`.',
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
