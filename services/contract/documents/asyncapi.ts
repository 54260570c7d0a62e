import { exchange } from '../definitions.ts'
import { joinHeader, thenHeader } from '../ledger.ts'
import { limits } from '../limits.ts'
import { placed } from '../publishing.ts'
import { laterQueue, levels } from '../route.ts'
import {
  defaultPriority,
  envelopeVersion,
  historyHeader,
  laterHeader,
  plainVersion,
  sentHeader,
  taskIdPattern,
} from '../task.ts'
import type { TaskType } from '../task-type.ts'
import type { Documented } from './openapi.ts'
import { componentRef, type JsonSchema, payloadComponent, taskSchemas } from './schemas.ts'

/** The version of AsyncAPI's bindings for AMQP: https://github.com/asyncapi/bindings/tree/master/amqp */
const bindingVersion = '0.3.0'

/**
 * The wire as AsyncAPI 3.0, as docs/wire.md says it: https://www.asyncapi.com/docs/reference/specification/v3.0.0
 * What the bindings for AMQP have no field for (the message's properties) stands in `x-amqp-properties`, as JSON Schema.
 * @param queue the environment's default one, of types that name none
 * @throws Error see {@link taskSchemas}
 */
export function asyncApi({ name, version, types }: Documented, queue: string): object {
  const payloads = Object.fromEntries(
    Object.entries(taskSchemas(types, 'draft-07').schemas).filter(([name]) =>
      name.startsWith(payloadComponent('')),
    ),
  )
  const queues = Map.groupBy(placed(types, queue), (type) => type.queue)
  return {
    asyncapi: '3.0.0',
    info: { title: name, version, description },
    defaultContentType: 'application/json',
    servers: { broker },
    channels: Object.fromEntries(
      [...queues].flatMap(([name, own]) => [
        [name, atOnce(name, own)],
        [`${name}.later`, later(name, own)],
      ]),
    ),
    operations: Object.fromEntries(
      [...queues.keys()].flatMap((name) => [
        [`take.${name}`, operation(name)],
        [`take.${name}.later`, operation(`${name}.later`)],
      ]),
    ),
    components: {
      securitySchemes: { password: { type: 'userPassword' } },
      messages: Object.fromEntries(types.map((type) => [type.type, message(type)])),
      schemas: { Headers: headers, ...payloads },
    },
  }
}

const description = `A task is one message. Workers take it from the queue; any client may publish it: persistent, mandatory, with publisher confirms.
A \`basic.nack\` means that the queue is full. The body is the payload as JSON in UTF-8, at most ${limits.messageBytes} bytes: a larger one closes the channel.`

const broker = {
  host: '{host}:5671',
  protocol: 'amqps',
  protocolVersion: '0-9-1',
  variables: { host: { description: "The broker's host, in the environment's VPC." } },
  security: [{ $ref: '#/components/securitySchemes/password' }],
}

const messagesOf = (types: readonly TaskType[]) =>
  Object.fromEntries(types.map(({ type }) => [type, { $ref: `#/components/messages/${type}` }]))

function channelBindings(exchangeName: string, type: 'direct' | 'topic') {
  const { name, durable, auto_delete, vhost } = exchange(exchangeName, '/', type)
  return {
    amqp: {
      is: 'routingKey',
      exchange: { name, type, durable, autoDelete: auto_delete, vhost },
      bindingVersion,
    },
  }
}

const atOnce = (queue: string, types: readonly TaskType[]) => ({
  address: queue,
  title: `Tasks of ${queue}`,
  description: 'The address is the routing key. Workers of every queue do tasks of all types.',
  messages: messagesOf(types),
  bindings: channelBindings(queue, exchange(queue, '/').type),
})

const later = (queue: string, types: readonly TaskType[]) => ({
  address: null,
  title: `Tasks of ${queue} for later`,
  description: `The routing key is the delay in seconds, 1 to ${limits.delaySeconds}, as binary digits with dots between them. The exchange is that of the highest digit: ${laterQueue(queue, 0)} to ${laterQueue(queue, levels - 1)}. So 6 seconds is the key 1.1.0 at ${laterQueue(queue, 2)}.`,
  messages: messagesOf(types),
  bindings: channelBindings(laterQueue(queue, 0), 'topic'),
})

/** Of the workers, whom this document describes. */
const operation = (channel: string) => ({
  action: 'receive',
  channel: { $ref: `#/channels/${channel}` },
  bindings: { amqp: { deliveryMode: 2, mandatory: true, ack: true, bindingVersion } },
})

const message = ({ type }: TaskType) => ({
  name: type,
  contentType: 'application/json',
  headers: componentRef('Headers'),
  payload: componentRef(payloadComponent(type)),
  bindings: { amqp: { messageType: type, bindingVersion } },
  'x-amqp-properties': properties(type),
})

const idSchema = { type: 'string', pattern: taskIdPattern.source }

const properties = (type: string): JsonSchema => ({
  type: 'object',
  properties: {
    'message-id': { ...idSchema, description: "The task's id." },
    type: { const: type },
    'delivery-mode': { const: 2 },
    priority: { type: 'integer', minimum: 0, maximum: limits.priority, default: defaultPriority },
    'content-type': { type: 'string', description: '`application/json`; nobody reads it.' },
    timestamp: {
      type: 'integer',
      description: 'When it was queued or, for later, is due, in seconds since 1970.',
    },
  },
  required: ['message-id', 'type'],
})

const left = 'What workers and the operator count and keep: leave it out.'

/** Those that are not here are ignored, and so is what has another form, but for the version. */
const headers: JsonSchema = {
  type: 'object',
  properties: {
    'warren-version': {
      type: 'integer',
      minimum: 1,
      maximum: envelopeVersion,
      default: plainVersion,
      description: `Version of this format: ${plainVersion} for what clients send.`,
    },
    'warren-queued-at': {
      type: 'integer',
      description: 'When it was queued or, for later, is due, in milliseconds since 1970.',
    },
    'warren-tenant': { ...idSchema, description: 'For whom it is done.' },
    traceparent: { type: 'string', description: 'W3C trace context.' },
    'warren-parent': { ...idSchema, description: 'The id of the task whose handler has sent it.' },
    [joinHeader]: { type: 'string', description: left },
    [thenHeader]: { type: 'string', description: left },
    [laterHeader]: { type: 'integer', description: left },
    [sentHeader]: { type: 'integer', description: left },
    [historyHeader]: { description: left },
  },
}
