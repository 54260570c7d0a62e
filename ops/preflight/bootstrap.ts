import type { Check } from './check.ts'
import { findStack } from './stacks.ts'

/** CDK's bootstrap stack is there and new enough: https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping.html */
export const bootstrap: Check = {
  name: 'bootstrap stack',
  async run(target) {
    const wanted = Math.max(...target.assembly.stacks.map(({ bootstrapVersion }) => bootstrapVersion))
    const found = await findStack(target, 'CDKToolkit')
    const output = found?.Outputs?.find(({ OutputKey }) => OutputKey === 'BootstrapVersion')
    if (Number(output?.OutputValue ?? 0) >= wanted) return []
    const account = /:(\d{12}):/.exec(found?.StackId ?? '')?.[1] ?? target.account
    return [
      {
        what: `${target.region} is not prepared for CDK: a deploy needs version ${wanted} of its bootstrap stack`,
        seen: found ? `version ${output?.OutputValue ?? 'unknown'}` : 'no stack CDKToolkit',
        remedy: `npx cdk bootstrap aws://${account ?? '<account>'}/${target.region}`,
      },
    ]
  },
}
