/** What of a JSON Schema, as zod writes it, says something about types. */
export interface TypeSchema {
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly TypeSchema[]
  readonly oneOf?: readonly TypeSchema[]
  readonly allOf?: readonly TypeSchema[]
  readonly properties?: Readonly<Record<string, TypeSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: TypeSchema | boolean
  readonly items?: TypeSchema | boolean
  readonly prefixItems?: readonly TypeSchema[]
  readonly description?: string
}

const plain: Readonly<Record<string, string>> = {
  string: 'string',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
  null: 'null',
}

/** The TypeScript type of what a schema takes; `unknown` for what refers to itself, or says nothing. */
export function typeText(schema: TypeSchema): string {
  const { type = '', anyOf, oneOf, allOf } = schema
  if ('const' in schema) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ') || 'never'
  const either = anyOf ?? oneOf
  if (either) return either.map(inBrackets).join(' | ')
  if (allOf) return allOf.map(inBrackets).join(' & ')
  if (typeof type !== 'string') return type.map((each) => inBrackets({ ...schema, type: each })).join(' | ')
  if (type === 'array') return arrayText(schema)
  if (type === 'object') return objectText(schema)
  return plain[type] ?? 'unknown'
}

const inBrackets = (schema: TypeSchema) => `(${typeText(schema)})`

function arrayText({ items, prefixItems }: TypeSchema): string {
  const rest = typeof items === 'object' ? inBrackets(items) : 'unknown'
  if (prefixItems === undefined) return `readonly ${rest}[]`
  const more = typeof items === 'object' ? [`...${rest}[]`] : []
  return `readonly [${[...prefixItems.map(inBrackets), ...more].join(', ')}]`
}

function objectText({ properties = {}, required = [], additionalProperties }: TypeSchema): string {
  const members = Object.entries(properties).map(([name, schema]) => {
    const optional = !required.includes(name)
    const text = `${JSON.stringify(name)}${optional ? '?' : ''}: ${typeText(schema)}${optional ? ' | undefined' : ''}`
    return `${commentText(schema)}readonly ${text}`
  })
  if (members.length > 0) return `{ ${members.join('; ')} }`
  const values = typeof additionalProperties === 'object' ? typeText(additionalProperties) : 'unknown'
  return `{ readonly [name: string]: ${values} }`
}

function commentText({ description }: TypeSchema): string {
  return description === undefined ? '' : `/** ${description.replaceAll('*/', '* /')} */ `
}
