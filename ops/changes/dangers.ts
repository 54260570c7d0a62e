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
      what: 'this deploy would replace the broker, or something that it needs, and lose every task in it',
      seen: gone.map(told).join('; '),
      remedy:
        'undo that change; or deploy it as another environment in infra/environments.ts, let the senders switch to it, and destroy this one when its queue is empty',
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
      what: 'this deploy would overwrite the password in a secret that is in use, and the broker does not know the new one',
      seen: made.map(told).join('; '),
      remedy: 'undo that change: docs/rotation.md says how to change a password',
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
      what: `this deploy would remove exports of ${stack} that another stack uses, and CloudFormation refuses that`,
      seen: `in use: ${used.join('; ')}`,
      remedy:
        'undo that change. To change network.egress from public-address to none, deploy nat in between; a zone that is in use cannot be removed',
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
