import type { Assembly } from '../assembly.ts'
import type { Clients } from './clients.ts'
import { explain } from './explain.ts'
import type { DeployProblem, Findings } from './findings.ts'

/** What is to be deployed, and where. */
export interface DeployTarget {
  readonly environment: string
  readonly assembly: Assembly
  /** The account that the environment belongs to. */
  readonly account: string | undefined
  /** Whether the environment must name its account: a deploy of production must not land in another one. */
  readonly accountRequired: boolean
  readonly region: string
  readonly aws: Clients
  /** Runs `docker` with these arguments. Rejects when it cannot be run, ends with an error, or takes too long. */
  docker(args: readonly string[]): Promise<string>
}

/** One thing to look at before a deploy. It finds nothing, or says what is wrong; what it throws is explained. */
export interface Check {
  readonly name: string
  /** Without it no deploy: where credentials may not look, that is a problem, with what they would need. */
  readonly needs?: readonly string[]
  run(target: DeployTarget): Promise<readonly DeployProblem[]>
}

/** Runs all checks side by side: every problem is found at once, and the same one is named once. */
export async function findProblems(checks: readonly Check[], target: DeployTarget): Promise<Findings> {
  const results = await Promise.all(
    checks.map(async ({ name, needs, run }) => {
      try {
        return { problems: await run(target), unchecked: [] }
      } catch (error) {
        const explained = explain(name, error, target.region)
        return needs === undefined ? explained : insisting(explained, needs)
      }
    }),
  )
  const problems = results.flatMap((result) => result.problems)
  return {
    problems: [...new Map(problems.map((problem) => [problem.what + problem.remedy, problem])).values()],
    unchecked: results.flatMap((result) => result.unchecked),
  }
}

function insisting({ problems, unchecked }: Findings, needs: readonly string[]): Findings {
  const remedy = `use credentials with ${needs.join(', ')}; to give them to GitHub's role, deploy its stack again`
  const more = unchecked.map((seen) => ({ what: 'a deploy needs this check', seen, remedy }))
  return { problems: [...problems, ...more], unchecked: [] }
}
