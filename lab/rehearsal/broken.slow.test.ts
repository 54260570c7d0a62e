import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Resource, readAssembly } from '../../ops/assembly.ts'
import { cdk } from '../../ops/cdk-cli.ts'
import { type Docker, startDocker } from '../../test/support/docker.ts'
import { baseOf } from './image.ts'
import { startPhaseClock } from './phase-clock.ts'
import { rehearse } from './rehearse.ts'

type Resources = Record<string, Resource & { Properties: Record<string, unknown> }>

/** A change of what was synthesized, as a mistake in the template or in a service would make it. */
interface Mistake {
  readonly name: string
  /** Type of the resource that is changed, and how its id begins. */
  readonly resource: readonly [type: string, id: string]
  /** Text of its properties → what stands there instead. */
  readonly change?: readonly [from: string, to: string]
  /** The same in its code. */
  readonly code?: readonly [from: string, to: string]
  readonly culprit: RegExp
}

const mistakes: readonly Mistake[] = [
  {
    name: 'a variable with a default that the template has another name for',
    resource: ['AWS::ECS::TaskDefinition', 'Workerlarge'],
    change: ['"QUEUE_NAME"', '"QUEUE"'],
    culprit: /Worker-large\/Task is given QUEUE, which nothing in its code reads/,
  },
  {
    name: 'a variable that the code has another name for',
    resource: ['AWS::Lambda::Function', 'QueueProbe'],
    code: ['METRICS_NAMESPACE', 'NAMESPACE'],
    culprit: /QueueProbe\/Probe\/Function is given METRICS_NAMESPACE, which nothing in its code reads/,
  },
  {
    name: 'a handler in a file that is not there',
    resource: ['AWS::Lambda::Function', 'ProducerApi'],
    change: ['"index.handler"', '"main.handler"'],
    culprit: /ProducerApi\/Producer\/Function \(handler main\.handler\): .*Cannot find module 'main'/,
  },
  {
    name: 'a broker user that the workers need without its permission',
    resource: ['Custom::QueueTopology', 'Topology'],
    change: [String.raw`\"write\":\"\",\"read\":\"^tasks$\"`, String.raw`\"write\":\"\",\"read\":\"\"`],
    culprit: /Worker-(small|large)\/Task .*refused for user 'tasks-worker'/s,
  },
  {
    name: 'a broker user that the operator needs without its permission',
    resource: ['Custom::QueueTopology', 'Topology'],
    change: [String.raw`\"^tasks\\\\.dead$\"}]`, String.raw`\"\"}]`],
    culprit: /Operator\/Function.*refused for user 'tasks-operator'/s,
  },
  {
    name: 'a secret that a function may not read',
    resource: ['AWS::IAM::Policy', 'ProducerApi'],
    change: ['"secretsmanager:GetSecretValue"', '"secretsmanager:ListSecrets"'],
    culprit: /ProducerApi.*secretsmanager:GetSecretValue/s,
  },
  {
    name: 'a stop timeout that is shorter than a task',
    resource: ['AWS::ECS::TaskDefinition', 'Workersmall'],
    change: ['"StopTimeout":120', '"StopTimeout":3'],
    culprit: /Worker-small\/Task was killed 3 s after SIGTERM.*StopTimeout is shorter/,
  },
]

describe('what does not fit together fails the rehearsal, and is named', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rehearsal-'))
  const whole = join(folder, 'whole')
  let engine: Docker

  beforeAll(async () => {
    const args = ['synth', '--quiet', '--output', whole, '-c', 'environment=sandbox']
    expect(await cdk(args, process.env, 'stderr')).toBe(0)
    const [image] = readAssembly(whole).images
    engine = await startDocker(image ? baseOf(image) : '')
  }, 600_000)
  afterAll(async () => {
    await engine?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it.each(mistakes)('$name', async (mistake) => {
    const broken = join(folder, 'broken')
    cpSync(whole, broken, { recursive: true })
    make(mistake, broken)
    await using stack = new AsyncDisposableStack()
    stack.defer(() => rmSync(broken, { recursive: true }))
    const nothing = () => undefined
    const rehearsal = rehearse({
      ...{ assembly: readAssembly(broken), engine: Promise.resolve(engine), stack },
      ...{ say: nothing, show: nothing, clock: startPhaseClock() },
    })

    await expect(rehearsal).rejects.toThrow(mistake.culprit)
  })
})

/** Makes the mistake. @throws Error unless what it changes is there. */
function make({ resource: [type, start], change, code }: Mistake, folder: string): void {
  const file = join(folder, 'warren-sandbox-work-queue.template.json')
  const template = JSON.parse(readFileSync(file, 'utf8')) as { Resources: Resources }
  const [, found] =
    Object.entries(template.Resources).find(([id, { Type }]) => Type === type && id.startsWith(start)) ?? []
  if (!found) throw new Error(`no ${type} begins with ${start}`)
  if (change) {
    found.Properties = JSON.parse(replaced(JSON.stringify(found.Properties), change))
    writeFileSync(file, JSON.stringify(template))
  }
  if (code) {
    const bundle = join(folder, String(found.Metadata?.['aws:asset:path']), 'index.mjs')
    writeFileSync(bundle, replaced(readFileSync(bundle, 'utf8'), code))
  }
}

function replaced(text: string, [from, to]: readonly [string, string]): string {
  if (!text.includes(from)) throw new Error(`${from} is not in ${text.slice(0, 2_000)}`)
  return text.replaceAll(from, to)
}
