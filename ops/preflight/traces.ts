import { GetTraceSegmentDestinationCommand } from '@aws-sdk/client-xray'
import { ofType } from '../assembly.ts'
import type { Check } from './check.ts'

/**
 * X-Ray takes spans by OTLP only in an account with Transaction Search, which is one switch for all of a region:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Enable-TransactionSearch.html
 */
export const traces: Check = {
  name: 'Transaction Search',
  async run({ assembly, aws, region }) {
    const policies = ofType(assembly.stacks, 'AWS::IAM::Policy')
    if (!policies.some(({ Properties }) => JSON.stringify(Properties).includes('"xray:PutSpans"'))) return []
    const { Destination, Status } = await aws.xray.send(new GetTraceSegmentDestinationCommand())
    if (Destination === 'CloudWatchLogs' && Status === 'ACTIVE') return []
    return [
      {
        what: `X-Ray takes no spans in ${region}: Transaction Search is not on there`,
        seen: `spans go to ${Destination ?? 'nowhere'}, ${Status ?? 'no status'}`,
        remedy:
          'switch it on for the account, as docs/tracing.md says, and wait until it is active; or take tracing out of infra/environments.ts',
      },
    ]
  },
}
