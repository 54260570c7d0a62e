import { RemovalPolicy } from 'aws-cdk-lib'
import type { Environment } from './settings/environment.ts'

/**
 * What becomes of what holds data when its stack goes. A creation that is rolled back keeps nothing in either case: a
 * broker left by it would have the name that the next try wants, and hold its security group and the VPC.
 */
export function removalPolicyOf({ keepData }: Pick<Environment, 'keepData'>): RemovalPolicy {
  return keepData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY
}
