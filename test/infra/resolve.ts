import type { Template } from 'aws-cdk-lib/assertions'
import type { Resources, Synthesized } from './synth.ts'

type Value = unknown

/** What CloudFormation's pseudo parameters are here. */
const pseudo: Readonly<Record<string, string>> = {
  'AWS::AccountId': '123456789012',
  'AWS::Region': 'eu-central-1',
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackId': 'arn:aws:cloudformation:eu-central-1:123456789012:stack/warren/0a1b2c3d',
}

/** The value that resources of these types have for attributes that are no mere name. */
const attributes: Readonly<Record<string, Value>> = {
  'AWS::AmazonMQ::Broker.AmqpEndpoints': ['amqps://b-1234.mq.eu-central-1.on.aws:5671'],
}

/** Fills in the intrinsic functions of a template's values, as a deployment would. */
export function resolver(
  template: Template,
  { foundation }: Pick<Synthesized, 'foundation'>,
): (value: Value) => Value {
  const resources = template.toJSON()['Resources'] as Resources
  const outputs: Record<string, { Value: Value; Export?: { Name: string } }> =
    foundation.toJSON()['Outputs'] ?? {}
  const exports = new Map(Object.values(outputs).map(({ Value, Export }) => [Export?.Name, Value]))
  const functions: Readonly<Record<string, (argument: never) => Value>> = {
    Ref: (id: string) => {
      if (resources[id]?.Type === 'AWS::SecretsManager::Secret')
        return `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${id}`
      return pseudo[id] ?? id
    },
    'Fn::GetAtt': ([id, attribute]: [string, string]) =>
      attributes[`${resources[id]?.Type}.${attribute}`] ?? `${id}.${attribute}`,
    'Fn::Join': ([by, parts]: [string, Value]) => (resolve(parts) as string[]).join(by),
    'Fn::Split': ([by, text]: [string, Value]) => (resolve(text) as string).split(by),
    'Fn::Select': ([index, list]: [number, Value]) => (resolve(list) as Value[])[index],
    'Fn::Sub': (text: string) => text.replaceAll(/\$\{([^}]+)\}/g, (_, id) => String(resolve({ Ref: id }))),
    'Fn::GetAZs': () => ['a', 'b', 'c'],
    'Fn::ImportValue': (exportName: string) => {
      if (!exports.has(exportName)) throw new Error(`nothing is exported as ${exportName}`)
      return resolver(foundation, { foundation })(exports.get(exportName))
    },
  }
  const resolve = (value: Value): Value => {
    if (Array.isArray(value)) return value.map(resolve)
    if (typeof value !== 'object' || value === null) return value
    const [[key, argument] = ['', undefined], ...more] = Object.entries(value)
    const fn = functions[key]
    if (fn && more.length === 0) return fn(argument as never)
    if (key.startsWith('Fn::')) throw new Error(`the resolver does not know ${key}`)
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, resolve(inner)]))
  }
  return resolve
}
