import { Agent } from 'node:https'
import { CloudFormationClient } from '@aws-sdk/client-cloudformation'

/** The region that CDK would deploy to: the SDK's, and AWS_DEFAULT_REGION, which the SDK does not read. Empty means unset. */
export async function callersRegion(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const named = env['AWS_REGION'] || env['AWS_DEFAULT_REGION']
  if (named) return named
  // a client without a region looks into the profile, and rejects where there is none
  return await new CloudFormationClient({}).config.region().catch(() => undefined)
}

/** Settings of an AWS client that gives up after a few seconds, and goes through a proxy where `env` names one. */
export function clientSettings(region: string, env: NodeJS.ProcessEnv) {
  return {
    region,
    maxAttempts: 2,
    requestHandler: {
      connectionTimeout: 3_000,
      requestTimeout: 10_000,
      throwOnRequestTimeout: true,
      httpsAgent: new Agent({ keepAlive: true, proxyEnv: env }),
    },
  }
}
