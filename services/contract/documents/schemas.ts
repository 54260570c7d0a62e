import * as z from 'zod'
import { taskOptions, uniqueOptions } from '../task-options.ts'
import type { TaskType } from '../task-type.ts'

/** JSON Schema, as plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>
/** Components of a document, by name. */
export type Schemas = Readonly<Record<string, JsonSchema>>

/** OpenAPI 3.1 has the first, AsyncAPI 3.0 the second. */
export type Dialect = 'draft-2020-12' | 'draft-07'

/** The names of a type's components. No type has a dot in its name, so that no other component has one of these. */
export const taskComponent = (type: string) => `task.${type}`
export const payloadComponent = (type: string) => `payload.${type}`

export const componentRef = (name: string) => ({ $ref: `#/components/schemas/${name}` })

/** Task types as JSON Schema. */
export interface TaskSchemas {
  /** `task.<type>`, `payload.<type>`, and `payload.<type>.<part>` of what a payload refers to. */
  readonly schemas: Schemas
  /** What JSON Schema cannot say, such as a date: there the documents take anything. One sentence for each place. */
  readonly gaps: readonly string[]
}

/**
 * What clients send of each type, by zod itself: the task with what may be said beside its payload, and the payload.
 * What a schema checks by code of its own (`refine`) is not in it.
 * @param ledger whether keys can be used once
 * @throws Error that names the type whose schema zod cannot turn into one, with zod's reason
 */
export function taskSchemas(types: readonly TaskType[], dialect: Dialect, ledger = false): TaskSchemas {
  const gaps: string[] = []
  const schemas = types.map(({ type, payload }) => {
    const onGap = (kind: string, path: string) =>
      gaps.push(`the payload of ${type} has a ${kind}${path === '' ? '' : ` at ${path}`}`)
    const own = { type: z.literal(type), payload, ...taskOptions }
    const task = ledger ? z.strictObject({ ...own, ...uniqueOptions }).meta(withUnique) : z.strictObject(own)
    const named = { [payloadComponent(type)]: payload, [taskComponent(type)]: task }
    try {
      return zodComponents(named, payloadComponent(type), dialect, onGap)
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      const text = `the payload of task type ${type} cannot be turned into a JSON Schema: ${reason}`
      throw new Error(text, { cause })
    }
  })
  return { schemas: Object.assign({}, ...schemas), gaps: [...new Set(gaps)].toSorted() }
}

/** Which zod has no word for, so that it is handed on as it is. */
const withUnique = { dependentRequired: { uniqueSeconds: ['unique'] } }

/** What of zod has no JSON Schema, on the side of the input: https://zod.dev/json-schema#unrepresentable */
const unrepresentable: ReadonlySet<string> = new Set([
  ...['bigint', 'custom', 'date', 'file', 'function', 'map', 'nan'],
  ...['promise', 'set', 'symbol', 'transform', 'undefined', 'void'],
])

/**
 * Schemas as components, on the side of the input: objects that clients read may get members later.
 * @param prefix of the names of the parts that they refer to
 * @param onGap told what JSON Schema cannot say, and where
 */
export function zodComponents(
  schemas: Readonly<Record<string, z.ZodType>>,
  prefix: string,
  dialect: Dialect,
  onGap: (kind: string, path: string) => void = () => undefined,
): Schemas {
  const named = z.registry<{ id: string }>()
  for (const [id, schema] of Object.entries(schemas)) named.add(schema, { id })
  const converted = z.toJSONSchema(named, {
    io: 'input',
    target: dialect,
    uri: (id) => componentRef(id).$ref,
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema, path }) {
      const kind = zodSchema._zod.def.type
      if (!unrepresentable.has(kind)) return
      jsonSchema.description ??= 'JSON Schema cannot say what fits here: the task type says it.'
      onGap(kind, path.join('/'))
    },
  })
  return flattened(converted.schemas, prefix)
}

/** What zod refers to, it puts into one schema more, `__shared`: each part becomes a component too. */
function flattened(schemas: Readonly<Record<string, object>>, prefix: string): Schemas {
  const nameOf = (part: string) => `${prefix}.${part.replaceAll(/~\d|[^A-Za-z0-9._-]/g, '-')}`
  const inside = /"#\/components\/schemas\/__shared#\/(?:\$defs|definitions)\/([^"]+)"/g
  const moved: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>> = JSON.parse(
    JSON.stringify(schemas).replaceAll(inside, (_, part: string) =>
      JSON.stringify(componentRef(nameOf(part)).$ref),
    ),
  )
  const { __shared: { $defs, definitions } = {}, ...own } = moved
  const parts = Object.entries($defs ?? definitions ?? {}).map(([part, schema]) => [nameOf(part), schema])
  // a component has its place, and its document says which JSON Schema it is
  const bare = ({ $schema: _, $id: __, ...schema }: JsonSchema) => schema
  return Object.fromEntries([...Object.entries(own).map(([name, schema]) => [name, bare(schema)]), ...parts])
}
