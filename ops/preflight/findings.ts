/** Something that would make a deploy fail, or go to the wrong place. */
export interface DeployProblem {
  readonly what: string
  readonly seen: string
  /** The command or the edit that mends it. */
  readonly remedy: string
}

export interface Findings {
  readonly problems: readonly DeployProblem[]
  /** What could not be looked at, and why: it does not stop a deploy. */
  readonly unchecked: readonly string[]
}
