import { Fn, Stack } from 'aws-cdk-lib'
import type * as ec2 from 'aws-cdk-lib/aws-ec2'
import * as iam from 'aws-cdk-lib/aws-iam'

/**
 * Lets only this account's users and roles through an endpoint: with credentials of another account, data could leave
 * through it. Their own policies say what they may do.
 */
export function ownAccountOnly(endpoint: ec2.InterfaceVpcEndpoint | ec2.GatewayVpcEndpoint): void {
  endpoint.addToPolicy(
    new iam.PolicyStatement({
      principals: [new iam.AnyPrincipal()],
      actions: ['*'],
      resources: ['*'],
      conditions: { StringEquals: { 'aws:PrincipalAccount': Stack.of(endpoint).account } },
    }),
  )
}

/**
 * Lets images' layers through, which ECR keeps in a bucket of AWS's and hands out by links that AWS has signed.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html#ecr-minimum-s3-perms
 */
export function imageLayers(endpoint: ec2.GatewayVpcEndpoint): void {
  const { partition, region } = Stack.of(endpoint)
  endpoint.addToPolicy(
    new iam.PolicyStatement({
      principals: [new iam.AnyPrincipal()],
      actions: ['s3:GetObject'],
      resources: [Fn.join('', ['arn:', partition, ':s3:::prod-', region, '-starport-layer-bucket/*'])],
    }),
  )
}
