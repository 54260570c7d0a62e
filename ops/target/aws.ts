import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { ECSClient } from '@aws-sdk/client-ecs'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { explain } from '../preflight/explain.ts'
import { clientSettings } from '../region.ts'

export type Aws = ReturnType<typeof createAws>

/** Clients of the AWS APIs that tell how an environment is. */
export function createAws(region: string, env: NodeJS.ProcessEnv) {
  const settings = clientSettings(region, env)
  return {
    region,
    cloudFormation: new CloudFormationClient(settings),
    cloudWatch: new CloudWatchClient(settings),
    ecs: new ECSClient(settings),
    // the operator's function has a minute
    lambda: new LambdaClient({
      ...settings,
      requestHandler: { ...settings.requestHandler, requestTimeout: 65_000 },
    }),
    logs: new CloudWatchLogsClient(settings),
    /** @throws Error, one sentence with what to do: offline, signed out, without the right, or what AWS said. */
    async ask<Answer>(what: string, question: () => Promise<Answer>): Promise<Answer> {
      try {
        return await question()
      } catch (error) {
        const { problems, unchecked } = explain(what, error, region)
        const sentences = problems.map(({ what, seen, remedy }) => `${what} (${seen}): ${remedy}`)
        throw new Error([...sentences, ...unchecked].join('; '), { cause: error })
      }
    },
  }
}
