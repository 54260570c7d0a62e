import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import type { Check, DeployTarget } from './check.ts'
import type { Clients } from './clients.ts'
import { signIn } from './explain.ts'
import type { DeployProblem } from './findings.ts'

/** Longer than a first deploy with a cluster of three brokers. */
const deployMinutes = 60

/** Credentials are valid, last long enough, and belong to the account that the environment names. */
export const account: Check = {
  name: 'credentials',
  async run(target) {
    const caller = await whoAmI(target.aws)
    return [...(await expiry(target)), ...ownership(target, caller.account)]
  },
}

/** Whose credentials these are. */
export async function whoAmI({ sts }: Clients): Promise<{ account: string; arn: string }> {
  const { Account = '', Arn = '' } = await sts.send(new GetCallerIdentityCommand())
  return { account: Account, arn: Arn }
}

async function expiry({ aws }: DeployTarget): Promise<DeployProblem[]> {
  const { expiration } = await aws.sts.config.credentials()
  const minutes = expiration === undefined ? Infinity : (expiration.getTime() - Date.now()) / 60_000
  if (minutes > deployMinutes) return []
  return [
    {
      what: `the credentials expire before a first deploy ends, which takes up to ${deployMinutes} minutes`,
      seen: `${Math.floor(minutes)} minutes left, until ${expiration?.toISOString()}`,
      remedy: signIn(''),
    },
  ]
}

function ownership({ environment, account, accountRequired }: DeployTarget, seen: string): DeployProblem[] {
  if (account === undefined && !accountRequired) return []
  if (account === seen) return []
  const what = account
    ? `${environment} belongs to account ${account}, these credentials to another one`
    : `${environment} keeps data, so it must name its account`
  const remedy = account
    ? 'set AWS_PROFILE to a profile of that account'
    : `add account: '${seen}' to ${environment} in infra/environments.ts, if that is the right one`
  return [{ what, seen: `account ${seen}`, remedy }]
}
