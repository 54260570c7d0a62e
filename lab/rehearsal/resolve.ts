import type { Assembly, Resource, Stack } from '../../ops/assembly.ts'

/** A resource with its properties as a deployment would have them. */
export interface Deployed {
  readonly id: string
  readonly stack: string
  readonly type: string
  /** Where it stands in the construct tree, for messages: `ProducerApi/Producer/Function`. */
  readonly path: string
  readonly properties: Readonly<Record<string, unknown>>
}

/** The values that only a deployment gives. */
export interface Physical {
  /** What `Ref` gives; undefined: its logical id. */
  ref(resource: Resource, id: string): unknown
  /** What `Fn::GetAtt` gives; undefined: `<logical id>.<attribute>`. */
  attribute(resource: Resource, id: string, name: string): unknown
  /** What `{{resolve:secretsmanager:<arn>:SecretString:<key>::}}` stands for. */
  secret(arn: string, key: string): string
  /** Called with every text at last: the place to map what a machine has elsewhere, such as ports. */
  map(text: string): string
}

/** The account, region and so on of a rehearsal. */
export const pseudo: Readonly<Record<string, string>> = {
  'AWS::AccountId': '111122223333',
  'AWS::Region': 'eu-central-1',
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackId': 'arn:aws:cloudformation:eu-central-1:111122223333:stack/warren/0a1b2c3d',
}

/** An assembly with all references resolved, across stacks too. Resolves when asked, so that values may come late. */
export interface Deployment {
  all(type?: string): Deployed[]
  /** @throws Error when there is not exactly one of this type. */
  one(type: string): Deployed
  byId(id: string): Deployed | undefined
  /** Outputs of all stacks, by key. */
  output(key: string): string
}

export function deploymentOf({ stacks }: Assembly, physical: Physical): Deployment {
  const exported = new Map(
    stacks.flatMap((stack) =>
      Object.values(stack.template.Outputs ?? {}).map(
        ({ Export, Value }) => [Export?.Name, { stack, Value }] as const,
      ),
    ),
  )
  const importValue = (name: string) => {
    const found = exported.get(name)
    if (!found) throw new Error(`nothing is exported as ${name}`)
    return resolver(found.stack, physical, importValue)(found.Value)
  }
  const all = (type?: string) =>
    stacks.flatMap((stack) => {
      const resolve = resolver(stack, physical, importValue)
      return Object.entries(stack.template.Resources)
        .filter(([, resource]) => type === undefined || resource.Type === type)
        .map(([id, resource]) => deployed(stack.name, id, resource, resolve))
    })
  return {
    all,
    byId: (id) => all().find((each) => each.id === id),
    one(type) {
      const [first, ...more] = all(type)
      if (!first || more.length > 0)
        throw new Error(`there must be one ${type}, found ${more.length + (first ? 1 : 0)}`)
      return first
    },
    output(key) {
      const stack = stacks.find(({ template }) => template.Outputs?.[key])
      if (!stack) throw new Error(`no stack has an output ${key}`)
      return String(resolver(stack, physical, importValue)(stack.template.Outputs?.[key]?.Value))
    },
  }
}

function deployed(stack: string, id: string, resource: Resource, resolve: Resolve): Deployed {
  const path = String(resource.Metadata?.['aws:cdk:path'] ?? id)
  return {
    id,
    stack,
    type: resource.Type,
    path: path.replace(`${stack}/`, '').replace(/\/(Resource|Default)$/, ''),
    get properties() {
      return resolve(resource.Properties ?? {}) as Record<string, unknown>
    },
  }
}

type Resolve = (value: unknown) => unknown

function resolver(
  { name: stack, template }: Stack,
  physical: Physical,
  importValue: (name: string) => unknown,
): Resolve {
  const resource = (id: string) => {
    const found = template.Resources[id]
    if (!found) throw new Error(`${stack} refers to ${id}, which it does not have`)
    return found
  }
  const ref = (id: string) =>
    pseudo[id] ?? template.Parameters?.[id]?.Default ?? physical.ref(resource(id), id) ?? id
  const functions: Readonly<Record<string, (argument: never) => unknown>> = {
    Ref: ref,
    'Fn::GetAtt': ([id, name]: [string, string]) =>
      physical.attribute(resource(id), id, name) ?? `${id}.${name}`,
    'Fn::Join': ([by, parts]: [string, unknown]) => (resolve(parts) as string[]).join(by),
    'Fn::Split': ([by, text]: [string, unknown]) => (resolve(text) as string).split(by),
    'Fn::Select': ([index, list]: [number, unknown]) => (resolve(list) as unknown[])[index],
    'Fn::Sub': (text: string) => text.replaceAll(/\$\{([^}]+)\}/g, (_, id) => String(ref(id))),
    'Fn::GetAZs': () => ['a', 'b', 'c'].map((zone) => `${pseudo['AWS::Region']}${zone}`),
    'Fn::ImportValue': (name: unknown) => importValue(String(resolve(name))),
  }
  const resolve: Resolve = (value) => {
    if (typeof value === 'string') return physical.map(follow(value, physical))
    if (Array.isArray(value)) return value.map(resolve)
    if (typeof value !== 'object' || value === null) return value
    const [[key, argument] = ['', undefined], ...more] = Object.entries(value)
    const fn = functions[key]
    if (fn && more.length === 0) {
      const result = fn(argument as never)
      return typeof result === 'string' ? physical.map(follow(result, physical)) : result
    }
    if (key.startsWith('Fn::')) throw new Error(`${stack} uses ${key}, which the rehearsal does not know`)
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, resolve(inner)]))
  }
  return resolve
}

/** CloudFormation's dynamic references: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html */
function follow(text: string, { secret }: Physical): string {
  return text.replaceAll(
    /\{\{resolve:secretsmanager:(arn:[^}]+?):SecretString:([^:}]*):[^}]*\}\}/g,
    (_, arn, key) => secret(arn, key),
  )
}
