import { existsSync, readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { openApiFile } from '../../services/contract/documents/file.ts'
import { payloadComponent } from '../../services/contract/documents/schemas.ts'

interface OpenApi {
  /** By path, then by method. */
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>
  readonly components: { readonly schemas: Readonly<Record<string, object>> }
}

/** A request that a producer has answered. */
export interface Exchange {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** As text, where it is JSON. */
  readonly sent?: string
  readonly status: number
  readonly contentType: string | null
  readonly received: unknown
}

/**
 * Holds exchanges to the description that a bundle of the producer serves: each status, content type and member of an
 * answer stands in it, and what was accepted is a request as it says.
 * @param bundle folder of the producer's code
 * @returns what throws an Error that names the difference; undefined for a bundle without a description
 */
export function describedBy(bundle: string): ((exchange: Exchange) => void) | undefined {
  const file = `${bundle}/${openApiFile}`
  if (!existsSync(file)) return undefined
  const document = withAllMembers(JSON.parse(readFileSync(file, 'utf8')))
  const ajv = new Ajv2020({ strict: false, validateFormats: false }).addSchema(document, 'openapi')
  const fits = (pointer: readonly string[], value: unknown, what: string) => {
    const path = pointer.map((key) => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1')))
    const validate = ajv.getSchema(`openapi#/${path.join('/')}`)
    if (!validate) throw new Error(`${openApiFile} has no ${pointer.join(' ')}`)
    if (!validate(value))
      throw new Error(`${openApiFile} describes ${what} otherwise: ${ajv.errorsText(validate.errors)}`)
  }
  return ({ method, path, sent, status, contentType, received }) => {
    const operation = operationOf(document, method, path)
    const response = operation
      ? [...operation, 'responses', String(status)]
      : ['components', 'responses', outside[status] ?? String(status)]
    const [type = ''] = (contentType ?? '').split(';')
    const answer = [...behindRef(document, response), 'content', type, 'schema']
    fits(answer, received, `the answer ${status} to ${method} ${path}`)
    if (!operation || status !== 202 || sent === undefined) return
    const request = [...operation, 'requestBody', 'content', 'application/json', 'schema']
    fits(request, JSON.parse(sent), 'what was accepted')
  }
}

/** The description, so that an answer's member which it does not name is a difference too: clients have to be generous. */
function withAllMembers(document: OpenApi): OpenApi {
  const { schemas } = document.components
  const closed = Object.entries(schemas).map(([name, schema]) => [
    name,
    name.startsWith(payloadComponent('')) ? schema : JSON.parse(JSON.stringify(schema), close),
  ])
  return { ...document, components: { ...document.components, schemas: Object.fromEntries(closed) } }
}

const close = (_: string, value: unknown) =>
  typeof value === 'object' && value !== null && 'properties' in value
    ? { additionalProperties: false, ...value }
    : value

/** Answers to what is no operation. */
const outside: Readonly<Record<number, string>> = { 404: 'NotFound', 405: 'MethodNotAllowed' }

/** Where the operation stands. */
function operationOf({ paths }: OpenApi, method: string, path: string): string[] | undefined {
  const [plain = ''] = path.split('?')
  const verb = method.toLowerCase()
  const found = Object.entries(paths).find(
    ([template, methods]) =>
      new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(plain) && methods[verb],
  )
  return found && ['paths', found[0], verb]
}

function behindRef(document: object, pointer: readonly string[]): readonly string[] {
  const at = (value: unknown, key: string) => (value as Readonly<Record<string, unknown>> | undefined)?.[key]
  const ref = at(pointer.reduce<unknown>(at, document), '$ref')
  return typeof ref === 'string' ? ref.replace('#/', '').split('/') : pointer
}
