import { isDeepStrictEqual } from 'node:util'
import type { Definitions } from '../contract/definitions.ts'

/** Definitions as the broker exports them: more fields, and everything else that it has. */
export type Exported = { readonly [Kind in keyof Definitions]: readonly Exportable[] }
type Exportable = Readonly<Record<string, unknown>>

/** By which fields the broker knows an object again. */
const identity = {
  users: ['name'],
  permissions: ['vhost', 'user'],
  exchanges: ['vhost', 'name'],
  queues: ['vhost', 'name'],
  bindings: ['vhost', 'source', 'destination', 'destination_type', 'routing_key', 'arguments'],
  policies: ['vhost', 'name'],
} as const satisfies Record<keyof Definitions, readonly string[]>

const kinds = Object.keys(identity) as (keyof Definitions)[]

/** Whether both are about the same object of the broker. */
export function same(kind: keyof Definitions, one: object, other: object): boolean {
  return identity[kind].every((field) => isDeepStrictEqual(value(one, field), value(other, field)))
}

/**
 * Each difference between what the broker has and what was asked for, one a line. An import does not report them: for a
 * queue or exchange that exists with other arguments it answers 204 and changes nothing.
 */
export function differences(asked: Definitions, found: Exported): string[] {
  const missing = kinds.flatMap((kind) =>
    asked[kind].flatMap((object) => {
      const there = found[kind].find((candidate) => same(kind, object, candidate))
      return there ? fieldsThatDiffer(kind, object, there) : [`${describe(kind, object)} is missing`]
    }),
  )
  return [...missing, ...outbidPolicies(asked, found)]
}

function fieldsThatDiffer(kind: keyof Definitions, asked: object, found: Exportable): string[] {
  // the export leaves out `internal`, and internal exchanges with it
  const fields = Object.keys(asked).filter((field) => field !== 'internal')
  return fields
    .filter((field) => !isDeepStrictEqual(value(asked, field), found[field]))
    .map((field) => {
      const [want, got] = [value(asked, field), found[field]].map((each) => JSON.stringify(each))
      return `${describe(kind, asked)} has ${field} ${got}, asked for ${want}`
    })
}

/** Only the policy with the highest priority applies to a queue: somebody else's may override ours. */
function outbidPolicies(asked: Definitions, found: Exported): string[] {
  return asked.policies.flatMap((ours) =>
    asked.queues
      .filter((queue) => queue.vhost === ours.vhost && new RegExp(ours.pattern).test(queue.name))
      .flatMap((queue) =>
        found.policies
          .filter(
            (other) =>
              other['name'] !== ours.name &&
              other['vhost'] === ours.vhost &&
              ['queues', 'quorum_queues', 'all'].includes(String(other['apply-to'])) &&
              Number(other['priority']) >= ours.priority &&
              new RegExp(String(other['pattern'])).test(queue.name),
          )
          .map(
            (other) =>
              `policy ${ours.name} (priority ${ours.priority}) does not act on queue ${queue.name}: ` +
              `policy ${other['name']} (priority ${other['priority']}) matches it too`,
          ),
      ),
  )
}

function describe(kind: keyof Definitions, object: object): string {
  const parts = identity[kind].filter((field) => field !== 'vhost' && field !== 'arguments')
  return `${kind.replace(/ies$/, 'y').replace(/s$/, '')} ${parts.map((field) => value(object, field)).join(' ')}`
}

function value(object: object, field: string): unknown {
  return (object as Record<string, unknown>)[field]
}
