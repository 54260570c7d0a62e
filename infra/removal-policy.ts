import { RemovalPolicy } from 'aws-cdk-lib'
import type { Environment } from './settings/environment.ts'

/**
 * What happens to resources that hold data when their stack is deleted. A creation that is rolled back keeps nothing in
 * either case: a broker that it left would have the name that the next try needs, and keep its security group and the
 * VPC.
 */
export function removalPolicyOf({ keepData }: Pick<Environment, 'keepData'>): RemovalPolicy {
  return keepData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY
}
