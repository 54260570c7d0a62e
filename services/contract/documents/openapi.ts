import { ledgerLimits } from '../ledger.ts'
import { limits } from '../limits.ts'
import { type ProblemStatus, phrases } from '../problem.ts'
import { taskIdPattern } from '../task.ts'
import type { TaskType } from '../task-type.ts'
import { type AnswerName, answerSchemas } from './answers.ts'
import { openApiFile } from './file.ts'
import { componentRef, type JsonSchema, type Schemas, taskComponent, taskSchemas } from './schemas.ts'

/** What an endpoint is described by. */
export interface Documented {
  /** Title and version of the documents. */
  readonly name: string
  readonly version: string
  readonly types: readonly TaskType[]
}

/**
 * The HTTP endpoint as OpenAPI 3.1: https://spec.openapis.org/oas/v3.1.1.html
 * @param ledger whether it tells the state of a task
 * @throws Error see {@link taskSchemas}
 */
export function openApi({ name, version, types }: Documented, ledger: boolean): object {
  return {
    openapi: '3.1.1',
    info: { title: name, version, description },
    servers: [
      {
        url: '/',
        description:
          "The endpoint that serves this document: the stack's output `Endpoint`, or the address that `npm run dev` prints.",
      },
    ],
    security: [{ sigv4: [] }],
    paths: {
      '/tasks': { post: sendTasks },
      ...(ledger ? { '/tasks/{id}': { get: getTask } } : {}),
      '/queue': { get: getQueue },
      [`/${openApiFile}`]: { get: getOpenApi },
    },
    components: {
      securitySchemes: { sigv4 },
      responses: problems,
      schemas: {
        ...requestSchemas(types),
        ...answerSchemas(ledger),
        ...taskSchemas(types, 'draft-2020-12', ledger).schemas,
      },
    },
  }
}

const description = `Tasks for a work queue. A task answered with 202 is done at least once, or it stands in the dead-letter queue.
A request has up to ${limits.tasksPerRequest} tasks and ${limits.bodyBytes} bytes, with up to ${limits.messageBytes} bytes for each payload as JSON. Ids differ within a request.`

/**
 * As API Gateway exports an API whose callers sign: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authtype.html
 * and https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html. `npm run dev` asks for no signature.
 */
const sigv4 = {
  type: 'apiKey',
  name: 'Authorization',
  in: 'header',
  'x-amazon-apigateway-authtype': 'awsSigv4',
  description:
    'AWS Signature Version 4 for the service `execute-api`. Temporary credentials add the header `X-Amz-Security-Token`.',
}

/** A task, by its type; or many. */
function requestSchemas(types: readonly TaskType[]): Schemas {
  const refs = types.map(({ type }) => [type, componentRef(taskComponent(type))] as const)
  return {
    Task: {
      oneOf: refs.map(([, ref]) => ref),
      discriminator: {
        propertyName: 'type',
        mapping: Object.fromEntries(refs.map(([type, { $ref }]) => [type, $ref])),
      },
    },
    Batch: {
      type: 'object',
      properties: {
        tasks: { type: 'array', items: componentRef('Task'), minItems: 1, maxItems: limits.tasksPerRequest },
      },
      required: ['tasks'],
      additionalProperties: false,
    },
  }
}

const json = (schema: JsonSchema) => ({ 'application/json': { schema } })
const answer = (name: AnswerName, text: string) => ({ description: text, content: json(componentRef(name)) })

/** What API Gateway answers itself where it does not come to the producer, or the producer does not answer. */
const byGateway: ReadonlySet<ProblemStatus> = new Set([413, 500, 503])

function problem(status: ProblemStatus, schema: AnswerName, text: string, headers?: object) {
  return {
    description: text,
    ...(headers ? { headers } : {}),
    content: {
      'application/problem+json': { schema: componentRef(schema) },
      ...(byGateway.has(status) ? json(componentRef('GatewayMessage')) : {}),
    },
  }
}

const retryAfter = {
  'Retry-After': { description: 'Seconds until a try makes sense.', schema: { type: 'integer' } },
}

/** A problem's component has the status' phrase as name. */
const nameOf = (status: ProblemStatus | 403 | 429) =>
  status === 403 || status === 429 ? `Gateway${status}` : phrases[status].replaceAll(' ', '')

const problems: Readonly<Record<string, object>> = {
  [nameOf(400)]: problem(
    400,
    'InvalidRequest',
    'Nothing was published. The answer names the first hundred errors.',
  ),
  [nameOf(404)]: problem(404, 'Problem', 'There is no such path, or nothing of that id.'),
  [nameOf(405)]: problem(405, 'Problem', 'The path does not take this method.', {
    Allow: { description: 'The methods that it takes.', schema: { type: 'string' } },
  }),
  [nameOf(413)]: problem(413, 'TooLarge', 'Nothing was published: the body or a payload is too large.'),
  [nameOf(415)]: problem(415, 'Problem', 'The body is not `application/json`, or it is encoded.'),
  [nameOf(500)]: problem(500, 'Problem', 'What went wrong stands in the log.'),
  [nameOf(503)]: problem(503, 'Problem', 'The broker does not answer.', retryAfter),
  NotAllAccepted: problem(
    503,
    'NotAccepted',
    'Some tasks were not confirmed. Send those in `failed` again, with the same ids.',
    retryAfter,
  ),
  [nameOf(403)]: answer('GatewayMessage', 'API Gateway: the signature is missing or wrong, or the right is.'),
  [nameOf(429)]: answer('GatewayMessage', 'API Gateway: more requests than the environment takes.'),
}

const refer = (name: string) => ({ $ref: `#/components/responses/${name}` })
const refusals = (...statuses: readonly (ProblemStatus | 403 | 429)[]) =>
  Object.fromEntries([...statuses, 403, 429, 500].map((status) => [status, refer(nameOf(status as 403))]))

const sendTasks = {
  operationId: 'sendTasks',
  summary: 'Send one task or many. All of a request are accepted, or it says which were not.',
  parameters: [
    {
      name: 'traceparent',
      in: 'header',
      description: 'W3C trace context, which the tasks take along. One that is not valid is ignored.',
      schema: { type: 'string' },
    },
  ],
  requestBody: {
    required: true,
    content: json({ oneOf: [componentRef('Task'), componentRef('Batch')] }),
  },
  responses: {
    202: answer('Accepted', 'The broker has confirmed every task.'),
    ...refusals(400, 413, 415),
    503: refer('NotAllAccepted'),
  },
}

const getQueue = {
  operationId: 'getQueue',
  summary: 'How many tasks wait, and how many slots are in service.',
  responses: { 200: answer('QueueDepth', 'What the broker says.'), ...refusals(503) },
}

const getOpenApi = {
  operationId: 'getOpenApi',
  summary: 'This document.',
  responses: {
    200: { description: 'OpenAPI 3.1.', content: json({ type: 'object' }) },
    ...refusals(),
  },
}

const getTask = {
  operationId: 'getTask',
  summary: 'What became of a task.',
  parameters: [
    { name: 'id', in: 'path', required: true, schema: { type: 'string', pattern: taskIdPattern.source } },
    {
      name: 'wait',
      in: 'query',
      description: 'Seconds to wait for its end. After that the answer has its state as it is.',
      schema: { type: 'integer', minimum: 1, maximum: ledgerLimits.waitSeconds },
    },
  ],
  responses: {
    200: answer('Status', 'Its state. Times are ISO 8601 in UTC.'),
    ...refusals(400, 404, 503),
  },
}
