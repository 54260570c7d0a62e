import { Template } from 'aws-cdk-lib/assertions'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addStacks } from '../../infra/app.ts'
import { namesOf } from '../../infra/names.ts'
import type { Environment } from '../../infra/settings/environment.ts'
import { listSettings } from '../../infra/settings/list.ts'
import type { Template as TemplateJson } from '../../ops/assembly.ts'
import { type Change, compare } from '../../ops/changes/compare.ts'
import { findDangers, type Templates } from '../../ops/changes/dangers.ts'
import { findLeftQueues } from '../../ops/changes/renamed.ts'
import { anyEnvironment } from './any-environment.ts'
import { type SettingChange, settingChanges, withSetting } from './setting-changes.ts'
import { fakeBundles, findSettingProblems, testApp } from './synth.ts'

const bundles = fakeBundles()

const made = new Map<string, Templates>()

function templatesOf(environment: Environment): Templates {
  const key = JSON.stringify(environment)
  const found = made.get(key) ?? synthesize(environment)
  made.set(key, found)
  return found
}

function synthesize(environment: Environment): Templates {
  const { foundation, workQueue, moreQueues } = addStacks(testApp(), 'example', environment, bundles)
  return new Map(
    [foundation, workQueue, ...moreQueues].map((stack) => [
      stack.stackName,
      Template.fromStack(stack).toJSON() as TemplateJson,
    ]),
  )
}

/** What an update would do, over all stacks. One that is no longer among them stays as it is. */
function update(from: Environment, to: Environment) {
  const [deployed, next] = [templatesOf(from), templatesOf(to)]
  const changes = [...next].flatMap(([name, template]) =>
    compare(deployed.get(name) ?? { Resources: {} }, template),
  )
  return {
    deployed,
    next,
    changes,
    gone: [...deployed.keys()].filter((name) => !next.has(name)),
    dangers: findDangers(deployed, next),
    left: findLeftQueues(deployed, next),
  }
}
type Update = ReturnType<typeof update>

/** All that CloudFormation could only replace of the broker and what it stands on, or that would lock us out of it. */
function fixedAtTheBroker(templates: Templates): unknown {
  const [resources = {}] = [...templates.values()].map(({ Resources }) => Resources)
  const of = (type: string, keys: readonly string[], only = (_: string) => true) =>
    Object.entries(resources)
      .filter(([id, { Type }]) => Type === type && only(id))
      .map(([id, { Properties = {} }]) => [id, keys.map((key) => Properties[key])])
  const broker = of('AWS::AmazonMQ::Broker', [
    'BrokerName',
    'DeploymentMode',
    'EncryptionOptions',
    'SecurityGroups',
    'SubnetIds',
    'Users',
  ])
  const text = JSON.stringify(broker)
  const used = (id: string) => text.includes(`"${id}"`)
  return [
    broker,
    of('AWS::EC2::Subnet', ['CidrBlock', 'AvailabilityZone', 'VpcId'], used),
    of('AWS::EC2::SecurityGroup', ['GroupDescription', 'VpcId'], used),
    of('AWS::EC2::VPC', ['CidrBlock']),
    of('AWS::SecretsManager::Secret', ['Name', 'GenerateSecretString'], used),
  ]
}

function shown(value: unknown): string {
  if (value === undefined) return 'left out'
  if (isQueues(value)) return `a queue \`${value.map(({ queue }) => queue).join(', ')}\``
  return `\`${(typeof value === 'string' ? value : JSON.stringify(value)).replaceAll('"', "'")}\``
}

const isQueues = (value: unknown): value is readonly { readonly queue: string }[] =>
  Array.isArray(value) && value.every((item) => Object.hasOwn(Object(item), 'queue'))

const types = (changes: readonly Change[], fate: Change['fate']) => {
  const found = changes.filter((each) => each.fate === fate).map(({ type }) => type.replace('AWS::', ''))
  return [...new Set(found)].sort().join(', ')
}
const fates = { 'in place': 'in place', replaced: '**replaces**', added: 'adds', removed: 'removes' } as const

/** What becomes of it, in a sentence. */
function outcome({ from, to }: Record<'from' | 'to', Environment>, { changes, dangers, left, gone }: Update) {
  if (from.account !== to.account || from.region !== to.region)
    return 'a new environment there; the one that is deployed stays where it is, with its tasks, until you destroy it'
  const refusals = [
    // what the template is called is everybody's own
    ...dangers.map(({ what }) => what.replaceAll(namesOf('example').foundationStack, 'the foundation')),
    ...left.map(
      ({ queue }) => `the queue ${queue} would be left behind; not once it has been at rest, empty`,
    ),
    ...gone.map(() => 'its stack would be left as it is; delete it once its queue has been at rest, empty'),
  ]
  const parts = Object.entries(fates).flatMap(([fate, word]) => {
    const found = types(changes, fate as Change['fate'])
    return found ? [`${word}: ${found}`] : []
  })
  const would = parts.join('; ') || 'nothing'
  return refusals.length > 0 ? `**refused**: ${refusals.join('; ')}. What it would do: ${would}` : would
}

const rows = settingChanges.map((change) => {
  const [from, to] = [withSetting(change, change.from), withSetting(change, change.to)]
  return { change, from, to, update: update(from, to) }
})
const title = ({ path, from, to }: SettingChange) => `${path}: ${shown(from)} → ${shown(to)}`
const named = rows.map((row) => [title(row.change), row] as const)

describe('what a change of a setting does', () => {
  test('is told of each setting that there is', () => {
    const paths = new Set(listSettings().map(({ path }) => path))
    const told = new Set(settingChanges.map(({ path }) => path))
    const within = settingChanges.flatMap(({ path, from, to }) =>
      [from, to].flatMap((value) => Object.keys(Object(value)).map((key) => `${path}.${key}`)),
    )
    expect([...paths].filter((path) => !told.has(path) && !within.includes(path))).toEqual([])
    expect([...told].filter((path) => !paths.has(path))).toEqual([
      'tracing',
      'network',
      'moreQueues',
      'workQueue.workers[].schedule',
      'workQueue.ledger',
    ])
  })

  test.each(named)('%s is between environments that can be deployed', (_, { change, from, to }) => {
    expect(findSettingProblems('example', from)).toEqual([])
    if (change.hypothetical) expect(findSettingProblems('example', to)).toHaveLength(1)
    else expect(findSettingProblems('example', to)).toEqual([])
    expect(to).not.toEqual(from)
  })

  test.each(named)('%s replaces nothing that holds tasks without a refusal', (_, { update }) => {
    expectRefusedWhereDue(update)
  })

  test('whatever becomes of any other environment, nothing that holds tasks is replaced without a refusal', () => {
    let refused = 0
    fc.assert(
      fc.property(anyEnvironment, anyEnvironment, fc.nat(2), (from, other, which) => {
        const key = (['network', 'broker', 'workQueue'] as const)[which] ?? 'network'
        const to = { ...from, [key]: other[key] } as Environment
        fc.pre(findSettingProblems('example', to).length === 0)
        refused += expectRefusedWhereDue(update(from, to))
      }),
      { numRuns: 12, seed: 7 },
    )
    expect(refused).toBeGreaterThan(0)
  })
})

/** @returns 1 where a refusal was due */
function expectRefusedWhereDue({ deployed, next, dangers, left }: Update): number {
  const [before, after] = [fixedAtTheBroker(deployed), fixedAtTheBroker(next)].map((all) =>
    JSON.stringify(all),
  )
  const replaced = dangers.filter(({ what }) => /broker/.test(what))
  if (before !== after) expect(replaced).not.toEqual([])
  else expect(replaced).toEqual([])
  const [from, to] = [deployed, next].map(
    (templates) => templates.get(namesOf('example').workQueueStack)?.Outputs?.['QueueName']?.Value,
  )
  expect(left).toHaveLength(from === to ? 0 : 1)
  return before === after ? 0 : 1
}

test('docs/changes.md has every change (npx vitest run --project infra test/infra/changes.test.ts -u writes it anew)', async () => {
  const lines = rows.map(
    ({ change, from, to, update }) =>
      `| \`${change.path}\` | ${shown(change.from)} → ${shown(change.to)} | ${outcome({ from, to }, update)} |`,
  )
  const text = `# What a change of a setting does

What CloudFormation does to which types of resources when you change a setting of a deployed environment, for each setting of [docs/settings.md](settings.md). A test synthesizes before and after the change, and compares the templates as \`cdk diff\` does. \`npm run diff -- <env>\` shows it for your own environment.

- *in place*: the resource stays, with what it holds. Services and functions get new versions while tasks run.
- *replaces*: CloudFormation creates a new one, then deletes the old one. Nothing in this table that is replaced holds tasks.
- *refused*: \`npm run deploy\` refuses before anything changes, and says what to do. \`npx cdk deploy\` does not check.

When \`network.egress\` goes from \`none\` or \`nat\` to \`public-address\`, tasks in private subnets can reach neither ECR nor CloudWatch Logs after the foundation is deployed, until the work queue is deployed some minutes later.
\`name\` in infra/environments.ts and an environment's own name are part of every stack's name: with another name you deploy another environment, and the old one stays until you destroy it. CloudFormation compares how the template names the zones, not which zones they are. So it is a change too when you replace a number of zones by their names.

| setting | change | CloudFormation |
|---|---|---|
${lines.join('\n')}
`
  await expect(text).toMatchFileSnapshot('../../docs/changes.md')
})
