import type { Environment } from '../infra/settings/environment.ts'
import { cdk, synthesize } from './cdk-cli.ts'
import { UsageError } from './command-line/arguments.ts'
import { confirmed } from './command-line/confirmed.ts'
import { costSummary } from './cost/summary.ts'
import { whoAmI } from './preflight/account.ts'
import { type Preflight, preflight } from './preflight/preflight.ts'
import { findStack } from './preflight/stacks.ts'

export interface DeployOptions {
  /** Only check. */
  readonly check: boolean
  /** Do not ask. */
  readonly yes: boolean
  /** Further options of `cdk deploy`. */
  readonly args: readonly string[]
}

/** Checks whether a deploy can work, says what it costs, asks, and deploys what it checked. */
export async function deploy(
  environment: string,
  settings: Environment,
  { check, yes, args }: DeployOptions,
  env: NodeJS.ProcessEnv,
): Promise<number> {
  if (!check && !yes && !process.stdin.isTTY) {
    throw new UsageError('there is no terminal to ask on: add --yes to deploy, or --check to only check')
  }
  const assembly = await synthesize(environment, [], env)
  console.error('warren: checking whether a deploy can work ...')
  const found = await preflight(environment, settings, assembly, env)
  console.log(report(found))
  if (found.problems.length > 0) return 1
  console.log(await plan(found))
  if (check) return 0
  if (!yes && !(await confirmed(`deploy ${environment}?`))) return 1
  const approval = yes ? ['--require-approval', 'never'] : []
  return await cdk(['deploy', '--all', '--app', assembly.directory, ...approval, ...args], {
    ...env,
    AWS_REGION: found.target.region,
  })
}

/** Every problem with what was seen and what mends it, and what could not be looked at. */
export function report({ problems, unchecked }: Pick<Preflight, 'problems' | 'unchecked'>): string {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  return [
    problems.length === 0 ? 'nothing stands in the way of a deploy' : `${count} would stop this deploy:`,
    ...problems.map(
      ({ what, seen, remedy }, index) => `\n${index + 1}. ${what}\n   seen: ${seen}\n   to do: ${remedy}`,
    ),
    ...unchecked.map((what) => `\nnot checked: ${what}`),
  ].join('\n')
}

/** Where the deploy goes, what it costs and how long it takes. */
async function plan({ target }: Preflight): Promise<string> {
  const { assembly, aws, environment, region } = target
  const caller = await whoAmI(aws)
  const states = await Promise.all(
    assembly.stacks.map(async ({ name }) => `${name} (${(await findStack(target, name)) ? 'there' : 'new'})`),
  )
  // a single broker takes about 15 minutes to make, a cluster 25; the rest is CloudFormation's own pace
  const minutes = states.some((state) => state.includes('foundation (new)')) ? '30 to 45' : '5 to 10'
  return [
    '',
    `environment  ${environment}`,
    `account      ${caller.account}, as ${caller.arn}`,
    `region       ${region}`,
    `stacks       ${states.join(', ')}`,
    `cost         ${costSummary(assembly)}; the parts: npm run cost -- ${environment}`,
    `time         ${minutes} minutes`,
    '',
  ].join('\n')
}
