import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Resource, Template } from '../../ops/assembly.ts'
import { fallsInto, type Gap } from './gaps.ts'

/** What stands on this machine for what AWS would give. */
export interface Places {
  /** http://127.0.0.1:port of the emulator. */
  readonly emulatorUrl: string
  /** amqps://127.0.0.1:port of the RabbitMQ in the place of Amazon MQ's. */
  readonly amqpUrl: string
  /** https://127.0.0.1:port */
  readonly managementUrl: string
}

interface Reference {
  readonly Ref?: string
  readonly 'Fn::GetAtt'?: readonly string[]
}

/** CloudFormation's own resource that does nothing: it holds the place, so that what depends on another still waits. */
const placeholder = 'AWS::CloudFormation::WaitConditionHandle'

/**
 * Writes a copy of a cloud assembly with what the emulator cannot do taken out, and nothing else:
 * - a resource that falls into a gap becomes a placeholder;
 * - what refers to the broker gets the address of the RabbitMQ on this machine, its management port included;
 * - the API's address is one that needs no DNS;
 * - no image is built: there is no registry that could take it, and nothing that would run it.
 */
export function transform(from: string, to: string, gaps: readonly Gap[], places: Places): void {
  cpSync(from, to, { recursive: true })
  for (const file of readdirSync(to)) {
    const path = join(to, file)
    const rewrite = (change: (content: never) => unknown) =>
      writeFileSync(
        path,
        JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')) as never), undefined, 1),
      )
    if (file.endsWith('.template.json')) rewrite((template: Template) => transformed(template, gaps, places))
    if (file.endsWith('.assets.json')) rewrite((assets: object) => ({ ...assets, dockerImages: {} }))
  }
}

function transformed(template: Template, gaps: readonly Gap[], places: Places): Template {
  const missing = (resource: Resource | undefined) =>
    resource !== undefined && gaps.some((gap) => fallsInto(gap, resource))
  const Resources = Object.fromEntries(
    Object.entries(template.Resources).map(([id, resource]) => {
      const { DependsOn } = resource
      const without = { Type: placeholder, ...(DependsOn ? { DependsOn } : {}) }
      return [id, missing(resource) ? without : resource]
    }),
  )
  const locate = (value: unknown): unknown => {
    // the port of the management API is 443 there and any free one here
    if (value === ':443') return `:${new URL(places.managementUrl).port}`
    if (Array.isArray(value)) return value.map(locate)
    if (typeof value !== 'object' || value === null) return value
    const { Ref, 'Fn::GetAtt': [id = '', attribute = ''] = [] } = value as Reference
    const resource = template.Resources[Ref ?? id]
    if (resource?.Type === 'AWS::AmazonMQ::Broker')
      return Ref === undefined ? [places.amqpUrl] : 'b-on-this-machine'
    if (resource?.Type === 'AWS::ApiGatewayV2::Api' && attribute === 'ApiEndpoint')
      return { 'Fn::Join': ['', [`${places.emulatorUrl}/_aws/execute-api/`, { Ref: id }, '/$default']] }
    // a placeholder has no attributes
    if (id && missing(resource)) return { Ref: id }
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, locate(inner)]))
  }
  return locate({ ...template, Resources }) as Template
}
