import { fullDiff, type ResourceDifference, ResourceImpact } from '@aws-cdk/cloudformation-diff'
import type { Template } from '../assembly.ts'

/**
 * What CloudFormation would make of a resource. `replaced` is also what may be replaced, since a deploy cannot tell
 * before it begins; `removed` is also what is kept, but no longer the stack's.
 */
export type Fate = 'added' | 'in place' | 'replaced' | 'removed'

export interface Change {
  readonly logicalId: string
  readonly type: string
  readonly fate: Fate
  /** The properties that differ, with what they were and what they would be. */
  readonly properties: readonly { readonly name: string; readonly from: unknown; readonly to: unknown }[]
}

/**
 * What an update of a stack from one template to another would do to each resource that differs. CDK's own comparison,
 * which knows of each property whether CloudFormation can change it: what stands on a resource that is replaced is
 * told too.
 */
export function compare(from: Template, to: Template): Change[] {
  const changes: Change[] = []
  fullDiff(from, to).resources.forEachDifference((logicalId, difference) => {
    if (!reachesAws(difference)) return
    const fate = fates[difference.changeImpact]
    const type = difference.oldResourceType ?? difference.newResourceType ?? ''
    changes.push({ logicalId, type, fate, properties: propertiesOf(difference) })
  })
  return changes
}

function propertiesOf({ propertyUpdates }: ResourceDifference): Change['properties'] {
  return Object.entries(propertyUpdates).map(([name, { oldValue, newValue }]) => ({
    name,
    from: oldValue,
    to: newValue,
  }))
}

/** The order of resources and CDK's own notes are CloudFormation's matter alone. */
function reachesAws({ isUpdate, propertyUpdates, otherChanges }: ResourceDifference): boolean {
  const others = Object.keys(otherChanges).filter((name) => name !== 'DependsOn' && name !== 'Metadata')
  return !isUpdate || others.length > 0 || Object.keys(propertyUpdates).length > 0
}

const fates: Readonly<Record<ResourceImpact, Fate>> = {
  [ResourceImpact.WILL_CREATE]: 'added',
  [ResourceImpact.WILL_IMPORT]: 'added',
  [ResourceImpact.WILL_UPDATE]: 'in place',
  [ResourceImpact.MAY_REPLACE]: 'replaced',
  [ResourceImpact.WILL_REPLACE]: 'replaced',
  [ResourceImpact.WILL_DESTROY]: 'removed',
  [ResourceImpact.WILL_ORPHAN]: 'removed',
  // what it says of a type that it does not know, such as ours: it is told of the change, and decides itself
  [ResourceImpact.NO_CHANGE]: 'in place',
}
