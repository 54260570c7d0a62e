import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { environments } from '../../infra/environments.ts'
import { logDays } from '../../infra/limits.ts'
import type { Environment } from '../../infra/settings/environment.ts'
import { listSettings, type Setting } from '../../infra/settings/list.ts'
import { existingNetwork } from '../../infra/settings/network.ts'
import { anyEnvironment } from './any-environment.ts'
import { findSettingProblems, stacks } from './synth.ts'

const settings = listSettings()
const named = settings.map((setting) => [setting.path, setting] as const)
const ofExistingNetwork = (setting: Setting) =>
  (Object.values(existingNetwork.shape) as unknown[]).includes(setting.schema)

/** Environments that have this setting, or may have it. */
const environmentWith = (setting: Setting) =>
  anyEnvironment.filter(
    ({ network, workQueue, moreQueues, tracing }) =>
      (!setting.path.startsWith('moreQueues[].') || moreQueues !== undefined) &&
      (!setting.path.startsWith('tracing.') || tracing !== undefined) &&
      (!setting.path.startsWith('network.') || 'vpcId' in network === ofExistingNetwork(setting)) &&
      (!setting.path.startsWith('workQueue.ledger.') || workQueue.ledger !== undefined) &&
      (!setting.path.includes('.schedule[].') || (workQueue.workers[0]?.schedule ?? []).length > 0),
  )

/** A copy with another value in the setting, of the first worker class where it is a class's. */
function changed(environment: Environment, { path }: Setting, value: unknown): Environment {
  const copy = structuredClone(environment) as Environment
  const keys = path.replaceAll('[]', '.0').split('.')
  const last = keys.pop() ?? ''
  const parent = keys.reduce(
    (at, key) => at[key] as Record<string, unknown>,
    copy as unknown as Record<string, unknown>,
  )
  parent[last] = value
  return copy
}

const fieldOf = ({ path }: Setting) => path.replaceAll('[]', '[0]')

/** The setting's value in some environment is replaced by each of these, and is refused with a remedy. */
function isRefused(setting: Setting, values: fc.Arbitrary<unknown>): void {
  fc.assert(
    fc.property(environmentWith(setting), values, (environment, value) => {
      const problems = findSettingProblems('test', changed(environment, setting, value))
      const told = problems.filter(({ field }) => field === fieldOf(setting))
      expect(told).toContainEqual({
        field: fieldOf(setting),
        seen: value,
        remedy: expect.stringMatching(/^(use|choose|give) /),
      })
    }),
    { numRuns: 20 },
  )
}

describe('the schema of an environment', () => {
  test.each(named)('%s says what it means and what fits', (_, { description, values }) => {
    expect(description).toMatch(/\.$/)
    expect(values).toMatch(/^(use|choose) /)
  })

  test('takes every environment that can be deployed', () => {
    fc.assert(
      fc.property(anyEnvironment, (environment) => {
        expect(findSettingProblems('test', environment)).toEqual([])
      }),
    )
  })

  test('what it takes can be synthesized', () => {
    fc.assert(
      fc.property(anyEnvironment, (environment) => {
        expect(() => stacks('test-one-node', environment).app.synth()).not.toThrow()
      }),
      { numRuns: 10 },
    )
  })

  test.each(named)('%s refuses a value of another kind', (_, setting) => {
    isRefused(setting, fc.constantFrom<unknown>(null, {}, ...(setting.optional ? [] : [undefined])))
  })

  test.each(named)('%s refuses texts that it does not list', (_, setting) => {
    isRefused(setting, fc.constantFrom('', ' ', 'ops at example', 'ü', "a'b"))
  })

  const numbers = named.flatMap(([path, setting]) => {
    const schema = z.toJSONSchema(setting.schema)
    const forms = (schema.anyOf ?? [schema]) as z.core.JSONSchema.BaseSchema[]
    return forms.filter(({ type }) => type === 'number').map((form) => [path, setting, form] as const)
  })
  test.each(numbers)(
    '%s refuses numbers out of its range',
    (_, setting, { minimum, maximum, enum: list, multipleOf }) => {
      const wrong = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, -5]
      if (minimum !== undefined) wrong.push(minimum - 1, minimum - 0.001)
      if (maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER) wrong.push(maximum + 1, maximum + 0.001)
      if (multipleOf === 1 || list) wrong.push(1.5, 2.5, 1e21)
      isRefused(setting, fc.constantFrom(...wrong))
    },
  )

  test('refuses a setting that there is not', () => {
    fc.assert(
      fc.property(anyEnvironment, (environment) => {
        const candidate = { ...environment, logDay: 7 } as Environment
        expect(findSettingProblems('test', candidate).map(({ field }) => field)).toEqual(['logDay'])
      }),
      { numRuns: 5 },
    )
  })

  test('has the days of retention that CloudWatch has', () => {
    const days = Object.values(RetentionDays).filter((value) => typeof value === 'number')
    expect(logDays).toEqual(days.filter((value) => value !== RetentionDays.INFINITE))
  })
})

test('docs/settings.md has every setting (npx vitest run --project infra test/infra/settings.test.ts -u writes it anew)', async () => {
  const rows = settings.map(({ path, values, optional, description }) => {
    const fits = values.replace(/^(use|choose) /, '')
    return `| \`${path}\` | ${fits}${optional ? '; may be left out' : ''} | ${description} |`
  })
  const text = `# Settings

These are the settings of each environment in [infra/environments.ts](../infra/environments.ts); \`[]\` stands for each item of a list. Synth names every value that does not fit, by itself or with others, all at once, with the value and the remedy. [changes.md](changes.md) says what a change of each setting does to what is deployed.

| setting | values | meaning |
|---|---|---|
${rows.join('\n')}
`
  await expect(text).toMatchFileSnapshot('../../docs/settings.md')
  expect(Object.keys(environments).length).toBeGreaterThan(0)
})
