import type { Template } from '../assembly.ts'
import type { DeployProblem } from '../preflight/findings.ts'
import { type Change, compare } from './compare.ts'

/** Templates by the names of their stacks. */
export type Templates = ReadonlyMap<string, Template>

/**
 * What a deploy must not do to what is deployed: replace the broker, or anything that it stands on, with all tasks in
 * it; give somebody a new password that the broker does not know; take back what another stack uses.
 * @param next what would be deployed: stacks that are not in `deployed` are new
 */
export function findDangers(deployed: Templates, next: Templates): DeployProblem[] {
  return [...deployed].flatMap(([stack, from]) => {
    const to = next.get(stack)
    if (to === undefined) return []
    const changes = compare(from, to)
    const replaced = replacedBrokers(from, changes)
    // a broker that is replaced takes its exports with it: that needs no second word
    const lost = replaced.length > 0 ? [] : takenBack(stack, { from, to }, changes, deployed)
    return [...replaced, ...newPasswords(changes), ...lost]
  })
}

function replacedBrokers(from: Template, changes: readonly Change[]): DeployProblem[] {
  const held = underBrokers(from)
  const gone = changes.filter(
    ({ logicalId, fate }) => held.has(logicalId) && (fate === 'replaced' || fate === 'removed'),
  )
  if (gone.length === 0) return []
  return [
    {
      what: 'this deploy would replace the broker or what it stands on, and every task in it would be lost',
      seen: gone.map(told).join('; '),
      remedy:
        'take that change back; or deploy it as another environment in infra/environments.ts, let what sends tasks change over, and destroy this one when its queue is empty',
    },
  ]
}

/** Brokers, and all that they refer to: their subnets, security group, secret, and what these stand on. */
function underBrokers({ Resources }: Template): ReadonlySet<string> {
  const held = new Set<string>()
  const hold = (id: string) => {
    const resource = Resources[id]
    if (resource === undefined || held.has(id)) return
    held.add(id)
    for (const each of referencesIn(resource.Properties)) hold(each)
  }
  for (const [id, { Type }] of Object.entries(Resources)) if (Type === 'AWS::AmazonMQ::Broker') hold(id)
  return held
}

/** Logical ids that a value refers to. */
function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'Ref') return [String(inner)]
    if (key === 'Fn::GetAtt') return [String(Array.isArray(inner) ? inner[0] : inner).split('.')[0] ?? '']
    return referencesIn(inner)
  })
}

function newPasswords(changes: readonly Change[]): DeployProblem[] {
  const made = changes.filter(
    ({ type, fate, properties }) =>
      type === 'AWS::SecretsManager::Secret' &&
      fate === 'in place' &&
      properties.some(({ name }) => name === 'GenerateSecretString'),
  )
  if (made.length === 0) return []
  return [
    {
      what: 'this deploy would put a new password into a secret in use, and overwrite the one that the broker knows',
      seen: made.map(told).join('; '),
      remedy: 'take that change back: docs/rotation.md says how a password is changed',
    },
  ]
}

/** CloudFormation refuses to take back or change an export that another stack uses. */
function takenBack(
  stack: string,
  { from, to }: { readonly from: Template; readonly to: Template },
  changes: readonly Change[],
  deployed: Templates,
): DeployProblem[] {
  const replaced = new Set(changes.flatMap(({ logicalId, fate }) => (fate === 'replaced' ? [logicalId] : [])))
  const [before, after] = [exportsOf(from), exportsOf(to)]
  const lost = [...before].filter(([name, value]) => {
    const same = JSON.stringify(after.get(name)) === JSON.stringify(value)
    return !same || referencesIn(value).some((id) => replaced.has(id))
  })
  const users = [...deployed].filter(([name]) => name !== stack)
  const used = lost.flatMap(([name, value]) =>
    users
      .filter(([, template]) => importsOf(template).has(name))
      .map(([user]) => `${referencesIn(value).join(', ') || name} by ${user}`),
  )
  if (used.length === 0) return []
  return [
    {
      what: `this deploy would take back what ${stack} gives to another stack, which CloudFormation refuses`,
      seen: `in use: ${used.join('; ')}`,
      remedy:
        'take that change back. network.egress goes from public-address to none in two deploys, by way of nat; a zone stays once it is used',
    },
  ]
}

function exportsOf({ Outputs = {} }: Template): ReadonlyMap<string, unknown> {
  return new Map(
    Object.values(Outputs).flatMap(({ Export, Value }) =>
      typeof Export?.Name === 'string' ? [[Export.Name, Value]] : [],
    ),
  )
}

function importsOf(template: Template): ReadonlySet<string> {
  const text = JSON.stringify(template)
  return new Set([...text.matchAll(/"Fn::ImportValue":\s*"([^"]+)"/g)].map(([, name = '']) => name))
}

/** Such as `AWS::AmazonMQ::Broker BrokerE1355FD6: DeploymentMode "SINGLE_INSTANCE" → "CLUSTER_MULTI_AZ"`. */
function told({ type, logicalId, properties, fate }: Change): string {
  const parts = properties.map(({ name, from, to }) => `${name} ${short(from)} → ${short(to)}`)
  return `${type} ${logicalId}: ${parts.join(', ') || fate}`
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'none'
  return text.length > 120 ? `${text.slice(0, 120)} …` : text
}
