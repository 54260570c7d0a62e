import { Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks } from 'cdk-nag'
import { expect, test } from 'vitest'
import { environmentNames, stacks } from './synth.ts'

test.each(environmentNames)('%s has no finding of AwsSolutions that is not acknowledged', (name) => {
  const { app } = stacks(name)
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { verbose: true }))
  expect(() => app.synth()).not.toThrow()
})
