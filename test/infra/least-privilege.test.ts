import { describe, expect, test } from 'vitest'
import { allResources, environment, environmentNames } from './synth.ts'

const list = <Item>(value: Item | Item[]): Item[] => (Array.isArray(value) ? value : [value])

interface Statement {
  readonly Effect: string
  readonly Action: string | string[]
  readonly Resource: unknown
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

describe.each(environmentNames)('%s', (name) => {
  const statements = allResources(name, 'AWS::IAM::Policy').flatMap(([id, { Properties }]) =>
    (Properties.PolicyDocument.Statement as Statement[]).map((statement) => ({
      id,
      roles: Properties.Roles as { Ref: string }[],
      statement,
    })),
  )

  test('of secrets, what reads a value may do nothing else', () => {
    const actions = statements.flatMap(({ statement: { Action } }) =>
      list(Action).filter((action) => action.startsWith('secretsmanager:')),
    )
    expect(new Set(actions)).toEqual(new Set(['secretsmanager:GetSecretValue']))
  })

  // https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-best-practice
  test('a function’s code may do nothing with network interfaces, which Lambda does in its role', () => {
    const inVpc = allResources(name, 'AWS::IAM::Role').filter(([, { Properties }]) =>
      JSON.stringify(Properties.ManagedPolicyArns ?? []).includes('AWSLambdaVPCAccessExecutionRole'),
    )
    expect(inVpc).toHaveLength(4)
    for (const [role] of inVpc) {
      const denied = statements.filter(
        ({ roles, statement }) => statement.Effect === 'Deny' && roles.some(({ Ref }) => Ref === role),
      )
      expect([role, denied.map(({ statement }) => statement)]).toEqual([
        role,
        [
          {
            Effect: 'Deny',
            Action: expect.arrayContaining([
              'ec2:CreateNetworkInterface',
              'ec2:DeleteNetworkInterface',
              'ec2:AssignPrivateIpAddresses',
              'ec2:UnassignPrivateIpAddresses',
            ]),
            Resource: '*',
            Condition: { Null: { 'lambda:SourceFunctionArn': 'false' } },
          },
        ],
      ])
    }
  })

  test('an endpoint lets nobody through but this account, and S3’s the layers of images', () => {
    const account = environment(name).account ?? { Ref: 'AWS::AccountId' }
    const own = expect.objectContaining({
      Effect: 'Allow',
      Condition: { StringEquals: { 'aws:PrincipalAccount': account } },
    })
    const endpoints = allResources(name, 'AWS::EC2::VPCEndpoint')
    expect(endpoints.length).toBeGreaterThan(0)
    for (const [id, { Properties }] of endpoints) {
      const allowed = Properties.PolicyDocument?.Statement as Statement[] | undefined
      const [first, ...others] = allowed ?? []
      expect([id, first]).toEqual([id, own])
      if (/s3/.test(JSON.stringify(Properties.ServiceName))) {
        expect(others).toEqual([
          expect.objectContaining({ Effect: 'Allow', Action: 's3:GetObject', Principal: { AWS: '*' } }),
        ])
        expect(JSON.stringify(others[0]?.Resource)).toMatch(
          /"(:s3:::)?prod-".*-starport-layer-bucket\/\*"|:s3:::prod-[a-z0-9-]+-starport/,
        )
      } else expect([id, others]).toEqual([id, []])
    }
  })
})
