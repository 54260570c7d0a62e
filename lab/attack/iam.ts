/** A statement of a role's policies, its values filled in. */
export interface Statement {
  readonly Effect: 'Allow' | 'Deny'
  readonly Action: string | readonly string[]
  readonly Resource: string | readonly string[]
  readonly Condition?: unknown
}

/** What IAM says to a request, as far as a role's own policies tell. Boundaries and organizations only take away. */
export type Decision = 'refused' | 'possible' | 'possible under a condition'

/**
 * Evaluates as IAM does: a deny beats any allow, and without an allow there is none. A deny that has a condition may not
 * apply, and an allow that has one may: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function decide(statements: readonly Statement[], action: string, resource: string): Decision {
  const matching = statements.filter(
    ({ Action, Resource }) =>
      [Action].flat().some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase())) &&
      [Resource].flat().some((pattern) => matches(pattern, resource)),
  )
  const [allows, denies] = [
    matching.filter(({ Effect }) => Effect === 'Allow'),
    matching.filter(({ Effect }) => Effect === 'Deny'),
  ]
  if (allows.length === 0 || denies.some(({ Condition }) => !Condition)) return 'refused'
  const isCertain = denies.length === 0 && allows.some(({ Condition }) => !Condition)
  return isCertain ? 'possible' : 'possible under a condition'
}

/** IAM's wildcards: any number of characters, and one. */
function matches(pattern: string, value: string): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(value)
}
