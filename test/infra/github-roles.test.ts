import { App } from 'aws-cdk-lib'
import { Match, Template } from 'aws-cdk-lib/assertions'
import { expect, test } from 'vitest'
import { environmentsOfAccount, GithubRoles } from '../../infra/github-roles.ts'

const [own, other] = ['sandbox', 'staging']
const template = (repository: string, { providerExists = false, environmentNames = [own] } = {}) =>
  Template.fromStack(new GithubRoles(new App(), 'roles', { repository, providerExists, environmentNames }))

const trusted = (template: Template) =>
  Object.values(template.findResources('AWS::IAM::Role')).map(
    ({ Properties }) => Properties.AssumeRolePolicyDocument.Statement[0].Condition,
  )

test('each role trusts one kind of job of one repository, by its full subject', () => {
  const equals = (subject: string) => ({
    StringEquals: {
      'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
      'token.actions.githubusercontent.com:sub': `repo:octo@1/warren@2:${subject}`,
    },
  })
  expect(trusted(template('octo@1/warren@2'))).toEqual([equals(`environment:${own}`), equals('pull_request')])
})

test('a pull request may assume the role that looks up, and nothing else', () => {
  const policies = template('octo/warren').findResources('AWS::IAM::Policy', {
    Properties: { PolicyName: Match.stringLikeRegexp('^Diff') },
  })
  const [statement, ...rest] = Object.values(policies).flatMap(
    ({ Properties }) => Properties.PolicyDocument.Statement,
  )
  expect(rest).toEqual([])
  expect(statement.Action).toBe('sts:AssumeRole')
  expect(JSON.stringify(statement.Resource)).toMatch(/role\/cdk-\*-lookup-role-/)
})

test.each(['', 'warren', 'octo/*', 'octo/warren:*', 'octo/warren/x'])(
  'the repository %j is refused',
  (repository) => {
    expect(() => template(repository)).toThrow('-c repository must be owner@id/repository@id')
  },
)

test('the account’s identity provider is made once', () => {
  const providers = (made: Template) => Object.keys(made.findResources('AWS::IAM::OIDCProvider'))
  expect(providers(template('octo/warren'))).toHaveLength(1)
  expect(providers(template('octo/warren', { providerExists: true }))).toHaveLength(0)
})

test('an account that is for several environments has to say so', () => {
  const both = trusted(template('octo/warren', { environmentNames: [own, other] }))
  expect(both.map(({ StringEquals }) => StringEquals[`token.actions.githubusercontent.com:sub`])).toEqual([
    `repo:octo/warren:environment:${own}`,
    `repo:octo/warren:environment:${other}`,
    'repo:octo/warren:pull_request',
  ])
})

test('-c environment takes one or several', () => {
  expect(environmentsOfAccount('a', ['a', 'b'])).toEqual(['a'])
  expect(environmentsOfAccount('a,b', ['a', 'b'])).toEqual(['a', 'b'])
})

test.each(['', 'nowhere', 'a,nowhere', 'a,'])('-c environment=%s is refused', (context) => {
  expect(() => environmentsOfAccount(context, ['a', 'b'])).toThrow(
    `one of a, b, or several with commas; got "${context}"`,
  )
})
