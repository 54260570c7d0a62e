import { readFileSync } from 'node:fs'
import specifications from '@asyncapi/specs'
import { validate } from '@readme/openapi-parser'
import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it, test } from 'vitest'
import * as z from 'zod'
import { documented } from '../../infra/bundle/documented.ts'
import { asyncApi } from '../../services/contract/documents/asyncapi.ts'
import { openApi } from '../../services/contract/documents/openapi.ts'
import { taskSchemas } from '../../services/contract/documents/schemas.ts'
import { phrases } from '../../services/contract/problem.ts'
import { encodeTask, envelopeVersion } from '../../services/contract/task.ts'
import { type TaskType, taskType } from '../../services/contract/task-type.ts'

/** What users may declare, beyond what the template ships. */
const address = z.object({ city: z.string() }).meta({ id: 'an address' })
interface Tree {
  readonly name: string
  readonly below: readonly Tree[]
}
const tree: z.ZodType<Tree> = z.object({
  name: z.string(),
  get below() {
    return z.array(tree)
  },
})
const declared: readonly TaskType[] = [
  ['tree', tree],
  ['two-addresses', z.object({ from: address, to: address })],
  ['at', z.object({ at: z.coerce.date(), big: z.array(z.bigint()).optional() })],
  ['number-as-text', z.object({ n: z.string().transform(Number).pipe(z.int()) })],
  ['nothing', z.undefined().optional()],
  ['anything', z.unknown()],
  ['either', z.union([z.object({ a: z.int() }), z.string()])],
  ['report', z.object({ rows: z.json() }), 'reports'],
].map(([type, payload, queue]) =>
  taskType({
    type: type as string,
    payload: payload as z.ZodType,
    handler: './x.handler.ts',
    ...(queue === undefined ? {} : { queue: queue as string }),
  }),
)

const here = documented()
const systems = [
  ['this registry', here],
  ['types of all kinds', { ...here, types: declared }],
] as const

describe.each(systems)('of %s', (_, system) => {
  it.each([false, true])('openapi.json is OpenAPI, with a ledger: %s', async (ledger) => {
    const document = structuredClone(openApi(system, ledger))
    expect(await validate(document as never)).toMatchObject({ valid: true, warnings: [] })
  })

  it('asyncapi.json is AsyncAPI', () => {
    const ajv = new Ajv({ strict: false, validateFormats: false, meta: false, validateSchema: false })
    const fits = ajv.validate(specifications.schemas['3.0.0'], asyncApi(system, 'tasks'))
    expect(ajv.errorsText()).toBe('No errors')
    expect(fits).toBe(true)
  })

  it('both have each type, and no reference that leads nowhere', () => {
    for (const document of [openApi(system, true), asyncApi(system, 'tasks')]) {
      const text = JSON.stringify(document)
      for (const { type } of system.types) expect(text).toContain(`"#/components/schemas/payload.${type}"`)
      const refs = new Set([...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, pointer = '']) => pointer))
      for (const pointer of refs) expect(at(document, pointer.split('/')), pointer).toBeDefined()
    }
  })
})

const at = (document: object, pointer: readonly string[]) =>
  pointer.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], document)

/** What a document says of a request, as a client of another language checks it. */
function requestCheck(types: readonly TaskType[]) {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema(openApi({ ...here, types }, false), 'openapi')
  const validate = ajv.compile({
    $ref: 'openapi#/paths/~1tasks/post/requestBody/content/application~1json/schema',
  })
  return (request: unknown) => validate(request)
}

test('a request is what the producer takes: each type with its own payload, and what may be said beside it', () => {
  const fits = requestCheck(declared)
  const report = { type: 'report', payload: { rows: [{ a: 1 }, null] } }
  expect(fits(report)).toBe(true)
  expect(fits({ ...report, id: 'a', priority: 31, tenant: 'acme', delaySeconds: 60 })).toBe(true)
  expect(fits({ tasks: [report, { type: 'either', payload: 'x' }] })).toBe(true)
  expect(fits({ type: 'tree', payload: { name: 'a', below: [{ name: 'b', below: [] }] } })).toBe(true)
  expect(fits({ type: 'two-addresses', payload: { from: { city: 'a' }, to: { city: 'b' } } })).toBe(true)
  expect(fits({ type: 'number-as-text', payload: { n: '1' } })).toBe(true)
  for (const wrong of [
    { type: 'nobody', payload: {} },
    { type: 'report' },
    { ...report, priority: 32 },
    { ...report, urgency: 1 },
    { ...report, id: 'no spaces' },
    { tasks: [] },
    { tasks: [report], ...report },
    { type: 'tree', payload: { name: 'a', below: [{ name: 'b' }] } },
    { type: 'two-addresses', payload: { from: { city: 'a' }, to: {} } },
    { type: 'number-as-text', payload: { n: 1 } },
  ])
    expect(fits(wrong), JSON.stringify(wrong)).toBe(false)
})

test('what JSON Schema cannot say is named, and the documents take anything there', () => {
  const { gaps } = taskSchemas(declared, 'draft-2020-12')
  expect(gaps).toEqual([
    'the payload of at has a bigint at properties/big/items',
    'the payload of at has a date at properties/at',
    'the payload of nothing has a undefined',
  ])
  expect(requestCheck(declared)({ type: 'at', payload: { at: '2026-11-30' } })).toBe(true)
})

test('a schema that zod cannot turn into one is an error that names its type', () => {
  const twice = z.object({ a: z.string().meta({ id: 'x' }), b: z.int().meta({ id: 'x' }) })
  const types = [taskType({ type: 'resize', payload: twice, handler: './x.handler.ts' })]
  expect(() => taskSchemas(types, 'draft-2020-12')).toThrow(
    /^the payload of task type resize cannot be .*"x"/,
  )
})

test('each status that a problem can have is in openapi.json under its phrase', () => {
  const { responses } = (openApi(here, false) as { components: { responses: object } }).components
  const named = Object.values(phrases).map((phrase) => phrase.replaceAll(' ', ''))
  expect(Object.keys(responses)).toEqual(expect.arrayContaining(named))
})

describe('asyncapi.json', () => {
  const document = asyncApi({ ...here, types: declared }, 'tasks')
  const ajv = new Ajv({ strict: false, validateFormats: false }).addSchema(document, 'asyncapi')
  const schemaAt = (pointer: string) => ajv.compile({ $ref: `asyncapi#/components/${pointer}` })

  it('describes what the producer publishes, and what docs/wire.md lists', () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    const { properties } = encodeTask({
      ...{ id: 'a', type: 'either', payload: { a: 1 }, queuedAt: Date.now() },
      ...{ priority: 9, tenant: 'acme', traceparent, parent: 'p' },
    })
    expect(schemaAt('schemas/Headers')(properties.headers)).toBe(true)
    expect(schemaAt('schemas/Headers')({ 'warren-version': envelopeVersion + 1 })).toBe(false)
    const asOnTheWire = {
      'message-id': properties.messageId,
      type: properties.type,
      priority: properties.priority,
    }
    const inMessage = 'messages/either/x-amqp-properties'
    expect(schemaAt(inMessage)(asOnTheWire)).toBe(true)
    expect(schemaAt(inMessage)({ ...asOnTheWire, type: 'tree' })).toBe(false)
    const page = readFileSync(new URL('../../docs/wire.md', import.meta.url), 'utf8')
    const [inProperties, inHeaders] = [
      ...page.matchAll(/\n\| (?:property|header) .*\n\|.*\n((?:\|.*\n)+)/g),
    ].map(([, rows = '']) =>
      [...rows.matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, cell = '']) => cell.match(/[a-z-]+/g)),
    )
    expect(Object.keys(at(document, ['components', 'schemas', 'Headers', 'properties']) as object)).toEqual(
      inHeaders,
    )
    expect(
      Object.keys(at(document, ['components', ...inMessage.split('/'), 'properties']) as object),
    ).toEqual(inProperties)
  })

  it('has a channel for each queue that types name, at once and later, with the messages of its types', () => {
    const { channels } = document as { channels: Record<string, { messages: object }> }
    expect(Object.keys(channels)).toEqual(['tasks', 'tasks.later', 'reports', 'reports.later'])
    expect(Object.keys(channels['reports']?.messages ?? {})).toEqual(['report'])
  })
})

describe('the examples in docs/', () => {
  const page = (name: string) => readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8')

  it('are requests as openapi.json says: those in send.md', () => {
    const quoted = [...page('send').matchAll(/-d '(\{.*?\})'$/gms)]
    const requests = quoted.map(([, text = '']) => JSON.parse(text))
    for (const request of requests)
      expect(requestCheck(here.types)(request), JSON.stringify(request)).toBe(true)
    expect(requests.length).toBeGreaterThan(0)
  })

  it('are answers as openapi.json says: those in wire.md', () => {
    const ajv = new Ajv2020({ strict: false }).addSchema(openApi(here, false), 'openapi')
    const fits = ajv.compile({ $ref: 'openapi#/components/schemas/QueueDepth' })
    const answers = [...page('wire').matchAll(/`(\{ "ready".*?\})`/g)].map(([, text = '']) =>
      JSON.parse(text),
    )
    expect(answers.map((answer) => fits(answer))).toEqual([true])
  })
})
