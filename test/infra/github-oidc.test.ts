import { Validations } from 'aws-cdk-lib'
import { Match, Template } from 'aws-cdk-lib/assertions'
import { AwsSolutionsChecks } from 'cdk-nag'
import { expect, test } from 'vitest'
import { GithubOidcStack } from '../../infra/github-oidc-stack.ts'
import { resourcesOf, testApp } from './synth.ts'

const make = () => {
  const app = testApp()
  const stack = new GithubOidcStack(app, 'github', { repository: 'team/queue', environments: ['sandbox'] })
  return { app, stack }
}

test('a role can be assumed by jobs of its GitHub environment only', () => {
  const roles = resourcesOf(Template.fromStack(make().stack), 'AWS::IAM::Role')
  const conditions = roles.map(([, role]) => role.Properties.AssumeRolePolicyDocument.Statement[0].Condition)
  const subject = (text: string) => ({
    StringEquals: {
      'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
      'token.actions.githubusercontent.com:sub': `repo:team/queue:${text}`,
    },
  })
  expect(conditions).toEqual([subject('environment:sandbox'), subject('pull_request')])
})

test('a pull request may assume the look-up role and nothing else', () => {
  const template = Template.fromStack(make().stack)
  const [diff] = Object.keys(
    template.findResources('AWS::IAM::Role', {
      Properties: { Description: Match.stringLikeRegexp('pull_request') },
    }),
  )
  const policies = resourcesOf(template, 'AWS::IAM::Policy').filter(([, { Properties }]) =>
    Properties.Roles.some(({ Ref }: { Ref: string }) => Ref === diff),
  )
  expect(policies.map(([, { Properties }]) => Properties.PolicyDocument.Statement)).toEqual([
    [
      expect.objectContaining({
        Action: 'sts:AssumeRole',
        Resource: { 'Fn::Join': ['', expect.arrayContaining([':role/cdk-*-lookup-role-'])] },
      }),
    ],
  ])
})

test('the stack has no finding of AwsSolutions that is not acknowledged', () => {
  const { app } = make()
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  expect(() => app.synth()).not.toThrow()
})
