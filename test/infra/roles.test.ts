import { describe, expect, test } from 'vitest'
import { allTemplates, environmentNames, type Resource, type Resources } from './synth.ts'

/** They act for nobody: what is made of them does. */
const definitions = new Set(['AWS::ECS::TaskDefinition', 'AWS::IAM::Policy'])

describe.each(environmentNames)('%s', (name) => {
  test.each(Object.entries(allTemplates(name)))(
    '%s: nothing acts in a role before all that the role may do is there',
    (_, template) => {
      const resources = template.toJSON()['Resources'] as Resources
      const policies = Object.entries(resources).filter(([, { Type }]) => Type === 'AWS::IAM::Policy')
      const used = Object.entries(resources)
        .filter(([, { Type }]) => !definitions.has(Type))
        .flatMap(([id, resource]) =>
          rolesOf(resource, resources).flatMap((role) =>
            policies
              .filter(([, { Properties }]) =>
                Properties.Roles.some(({ Ref }: { Ref: string }) => Ref === role),
              )
              .map(([policy]) => ({ id, role, policy })),
          ),
        )
      expect(used.length).toBeGreaterThan(1)
      const early = used.filter(({ id, policy }) => !before(id, resources).has(policy))
      expect(early).toEqual([])
    },
  )
})

/** Logical ids of a template's own resources that a value names. */
function named(value: unknown, resources: Resources): string[] {
  const found = [...JSON.stringify(value ?? null).matchAll(/"(?:Ref":|Fn::GetAtt":\[)"(\w+)"/g)]
  return found.map(([, id = '']) => id).filter((id) => id in resources)
}

/** The roles that a resource, or a definition that it is made of, names. */
function rolesOf({ Properties }: Resource, resources: Resources): string[] {
  return named(Properties, resources).flatMap((id) => {
    const found = resources[id] as Resource
    if (found.Type === 'AWS::IAM::Role') return [id]
    return definitions.has(found.Type) ? rolesOf(found, resources) : []
  })
}

/** All that CloudFormation makes before a resource. */
function before(id: string, resources: Resources, seen = new Set<string>()): Set<string> {
  const { Properties, DependsOn = [] } = resources[id] as Resource
  for (const next of [...named(Properties, resources), ...[DependsOn].flat()]) {
    if (seen.has(next)) continue
    seen.add(next)
    before(next, resources, seen)
  }
  return seen
}
