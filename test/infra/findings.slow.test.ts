import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Answer, answers } from './answered-findings.ts'
import { checkovFindings, type Finding, nistFindings } from './findings.ts'
import { environmentNames, stacks } from './synth.ts'

const minutes = 60_000
const findings: (Finding & { readonly environment: string })[] = []

beforeAll(() => {
  // as in the other tests of the templates: `npm run synth` has CDK validate them
  vi.stubEnv('CDK_VALIDATION', 'false')
  for (const environment of environmentNames) {
    const { app } = stacks(environment)
    const { directory } = app.synth()
    for (const finding of [...nistFindings(app), ...checkovFindings(directory)])
      findings.push({ ...finding, environment })
  }
}, 20 * minutes)

afterAll(() => {
  vi.unstubAllEnvs()
})

const asks = ({ rules }: Answer, { rule }: Finding) => rules.includes(rule)
const isAbout = (place: string, { resource }: Finding) => resource.startsWith(place)
const isAnswered = (finding: Finding) =>
  answers.some((answer) => asks(answer, finding) && answer.resources.some((place) => isAbout(place, finding)))

test('both tools looked at the templates', () => {
  expect(findings.filter(({ rule }) => rule.startsWith('NIST.')).length).toBeGreaterThan(10)
  expect(findings.filter(({ rule }) => rule.startsWith('CKV_')).length).toBeGreaterThan(10)
})

test('each finding is mended, or answered in test/infra/answered-findings.ts', () => {
  const unanswered = findings.filter((finding) => !isAnswered(finding))
  expect(
    unanswered.map(({ environment, rule, says, resource }) => [environment, rule, says, resource]),
  ).toEqual([])
})

describe('each answer is still asked for', () => {
  const name = ({ rules, resources }: Answer) => `${rules.join(', ')} at ${resources[0]}`
  test.each(answers.map((answer) => [name(answer), answer] as const))('%s', (_, answer) => {
    const asked = findings.filter((finding) => asks(answer, finding))
    const stale = answer.resources.filter((place) => !asked.some((finding) => isAbout(place, finding)))
    const about = asked.filter((finding) => answer.resources.some((place) => isAbout(place, finding)))
    const silent = answer.rules.filter((rule) => !about.some((finding) => finding.rule === rule))
    expect({ stale, silent }).toEqual({ stale: [], silent: [] })
    expect(answer.reason).toMatch(/^[A-Z].{20,}\.$/s)
  })
})
