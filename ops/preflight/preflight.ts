import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Environment } from '../../infra/settings/environment.ts'
import type { Assembly } from '../assembly.ts'
import { callersRegion } from '../region.ts'
import { account } from './account.ts'
import { bootstrap } from './bootstrap.ts'
import { brokerType } from './broker.ts'
import { changes } from './changes.ts'
import { type DeployTarget, findProblems } from './check.ts'
import { createClients } from './clients.ts'
import { docker } from './docker.ts'
import type { Findings } from './findings.ts'
import { orphans } from './orphans.ts'
import { quotas } from './quotas.ts'
import { roles } from './roles.ts'
import { stacks } from './stacks.ts'
import { traces } from './traces.ts'
import { waysOut } from './ways-out.ts'

/** What can be said without a region. */
const everywhere = [account, docker]
const inRegion = [
  ...everywhere,
  ...[brokerType, bootstrap, quotas, roles, stacks, orphans, changes, traces, waysOut],
]

export interface Preflight extends Findings {
  readonly target: DeployTarget
}

/** Everything that a deploy needs beforehand, looked at side by side: a few seconds, nothing is changed. */
export async function preflight(
  environment: string,
  settings: Pick<Environment, 'account' | 'region' | 'keepData'>,
  assembly: Assembly,
  env: NodeJS.ProcessEnv,
): Promise<Preflight> {
  const region = settings.region ?? (await callersRegion(env))
  const target: DeployTarget = {
    environment,
    assembly,
    account: settings.account,
    accountRequired: settings.keepData,
    region: region ?? 'us-east-1',
    aws: createClients(region ?? 'us-east-1', env),
    docker: (args) => runDocker(args, env),
  }
  const { problems, unchecked } = await findProblems(region === undefined ? everywhere : inRegion, target)
  return { target, unchecked, problems: region === undefined ? [noRegion, ...problems] : problems }
}

const noRegion = {
  what: 'no region is set, so most of what a deploy needs could not be checked',
  seen: 'neither AWS_REGION, nor a region in the profile or in infra/environments.ts',
  remedy: 'export AWS_REGION=us-east-1, or another region',
}

const run = promisify(execFile)

async function runDocker(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return (await run('docker', [...args], { env, timeout: 20_000 })).stdout
}
