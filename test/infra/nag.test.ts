import { type App, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks } from 'cdk-nag'
import { expect, test } from 'vitest'
import { GithubRoles } from '../../infra/github-roles.ts'
import { environmentNames, stacks, testApp } from './synth.ts'

const check = (app: App) => {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { verbose: true }))
  return app.synth()
}

test.each(environmentNames)('%s has no finding of AwsSolutions that is not acknowledged', (name) => {
  expect(() => check(stacks(name).app)).not.toThrow()
})

test('nor have the roles for GitHub', () => {
  const app = testApp()
  new GithubRoles(app, 'roles', {
    repository: 'octo@1/warren@2',
    providerExists: false,
    environmentNames,
  })
  expect(() => check(app)).not.toThrow()
})
