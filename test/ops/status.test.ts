import { afterEach, beforeEach, expect, test } from 'vitest'
import { outputs } from '../../infra/outputs.ts'
import { startAwsStandIn } from './aws-stand-in.ts'
import {
  deployedSandbox,
  endpointAt,
  examined,
  metricData,
  services,
  topologyInvocation,
} from './deployed.ts'
import { runOps } from './run-command.ts'

let account: ReturnType<typeof deployedSandbox>
let aws: Awaited<ReturnType<typeof startAwsStandIn>>
beforeEach(async () => {
  account = deployedSandbox()
  aws = await startAwsStandIn(account)
  endpointAt(account, aws.url)
  account.answers['GetMetricData'] = metricData((name) => [name === 'Consumers' ? 2 : 0])
  account.answers['DescribeServices'] = services()
  account.answers['/queue'] = (_body, { headers }) =>
    headers.authorization?.includes('/execute-api/')
      ? { body: { ready: 0, consumers: 2 } }
      : { status: 403, body: {} }
})
afterEach(() => aws[Symbol.asyncDispose]())

const status = () => runOps('status', ['sandbox'], { env: aws.env })

test('an environment in which all works is healthy', async () => {
  const { status: code, stdout, stderr } = await status()
  expect(stderr).toBe('')
  expect(stdout).toMatch(/^healthy$/m)
  expect(stdout).toMatch(/^ {2}large +1 of 1 running/m)
  expect(code).toBe(0)
})

test('names all that is wrong at once, each with what to do', async () => {
  account.answers['GetMetricData'] = metricData((name) => [{ DeadLetters: 7, Later: 5 }[name] ?? 0])
  account.answers['DescribeServices'] = services({
    large: {
      runningCount: 0,
      deployments: [{ rolloutState: 'FAILED', rolloutStateReason: 'tasks failed to start' }],
    },
  })
  account.answers['/queue'] = () => ({ body: { ready: 12, consumers: 0 } })
  const { status: code, stdout } = await status()
  expect(code).toBe(1)
  expect(stdout).toContain('not healthy: 4 problems')
  expect(stdout).toMatch(/^ {2}later +5 wait for their time$/m)
  expect(stdout).toContain('- no worker takes tasks, and 12 wait')
  expect(stdout).toContain('- none of 1 large tasks runs')
  expect(stdout).toContain('- the deployment of large FAILED: tasks failed to start')
  expect(stdout).toContain('→ aws ecs describe-services --region eu-central-1 --cluster cluster')
  expect(stdout).toContain('- 7 dead letters\n  → npm run redrive -- sandbox shows them')
})

test.each([
  ['4.3.0', 'RabbitMQ 4.3.0 is too old'],
  ['4.3.1', 'RabbitMQ 4.3.1 can lose tasks with the leader of a queue'],
  ['4.3.2', 'RabbitMQ 4.3.2 can lose tasks with the leader of a queue'],
])('is not healthy on a broker of version %s', async (brokerVersion, what) => {
  account.answers[topologyInvocation] = examined({ brokerVersion })
  const { status: code, stdout } = await status()
  expect(code).toBe(1)
  expect(stdout).toContain('not healthy: 1 problem')
  expect(stdout).toContain(`- ${what}`)
})

test('an environment that was deployed before it named all that it does now shows the rest, and takes tasks', async () => {
  const stack = account.stacks['warren-sandbox-work-queue']
  delete stack?.outputs?.[outputs.topologyFunction]
  const { status: code, stdout } = await status()
  expect(code).toBe(1)
  expect(stdout).toContain('not healthy: 1 problem')
  expect(stdout).toMatch(
    /- the broker cannot be looked at: .*no output TopologyFunctionName.*npm run deploy -- sandbox/,
  )
  expect(stdout).toMatch(/^ {2}large +1 of 1 running/m)
})

test('shows the broker’s version', async () => {
  account.answers[topologyInvocation] = (body) => {
    expect(JSON.parse(body)).toEqual({ action: 'examine' })
    return examined({ brokerVersion: '4.3.7' })()
  }
  expect((await status()).stdout).toMatch(/^ {2}broker +RabbitMQ 4\.3\.7$/m)
})

test('says whose secret and broker disagree', async () => {
  account.answers[topologyInvocation] = examined({ disagreeing: ['tasks-worker', 'warren-admin'] })
  const { status: code, stdout } = await status()
  expect(code).toBe(1)
  expect(stdout).toContain('not healthy: 2 problems')
  for (const user of ['tasks-worker', 'warren-admin'])
    expect(stdout).toContain(
      `- secret and broker disagree about the password of ${user} in sandbox\n  → docs/`,
    )
})

test('says that a broker is too old for the topology, and what to do', async () => {
  account.answers[topologyInvocation] = examined({ brokerVersion: '4.3.0' })
  const { status: code, stdout } = await status()
  expect(code).toBe(1)
  expect(stdout).toMatch(/- RabbitMQ 4\.3\.0 is too old\n {2}→ .*4\.3\.1 or later .* aws mq reboot-broker/)
})

test('says why the broker could not be looked at, and shows the rest', async () => {
  account.refuse[topologyInvocation] = { code: 'AccessDeniedException', message: 'not you', status: 403 }
  const { status: code, stdout } = await status()
  expect(code).toBe(1)
  expect(stdout).toMatch(/^ {2}broker +could not be looked at$/m)
  expect(stdout).toMatch(
    /- the broker cannot be looked at: .*these credentials do not allow it.*\n {2}→ .*lambda:InvokeFunction/,
  )
  expect(stdout).toMatch(/^ {2}large +1 of 1 running/m)
})

test('says that the probe is silent, rather than showing zeros as if they were figures', async () => {
  account.answers['GetMetricData'] = metricData(() => [])
  const { status: code, stdout } = await status()
  expect(code).toBe(1)
  expect(stdout).toContain('- there are no figures of the queue for half an hour')
})

test('says why the producer does not work', async () => {
  account.answers['/queue'] = () => ({ status: 503, body: { detail: 'the broker is away' } })
  const { status: code, stdout } = await status()
  expect(code).toBe(1)
  expect(stdout).toMatch(/- the producer at \S+ does not work: GET \S+\/queue: 503 .*the broker is away/)
  expect(stdout).toContain('→ docs/runbook.md#producer-5xx; 403 means')
})

test("shows alarms of the environment's own stacks, and leaves out those that scale", async () => {
  const alarm = (id: string) => ({ type: 'AWS::CloudWatch::Alarm', id })
  account.stacks['warren-sandbox-foundation'] = {
    status: 'CREATE_COMPLETE',
    resources: { Memory: alarm('memory'), Vpc: { type: 'AWS::EC2::VPC', id: 'vpc-1' } },
  }
  const own = account.stacks['warren-sandbox-work-queue']
  if (own) own.resources = { WakeUp: alarm('wake-up') }
  account.answers['DescribeAlarms'] = (body) => {
    expect(JSON.parse(body)).toMatchObject({ AlarmNames: ['wake-up', 'memory'], StateValue: 'ALARM' })
    const state = { StateReason: 'threshold crossed', AlarmDescription: 'docs/runbook.md#broker-memory' }
    return {
      body: {
        MetricAlarms: [
          { AlarmName: 'memory', AlarmActions: ['arn:aws:sns:eu-central-1:1:alarms'], ...state },
          { AlarmName: 'wake-up', AlarmActions: ['arn:aws:autoscaling:eu-central-1:1:policy'], ...state },
        ],
      },
    }
  }
  const { stdout } = await status()
  expect(stdout).toContain('not healthy: 1 problem\n')
  expect(stdout).toContain('- alarm memory: threshold crossed\n  → docs/runbook.md#broker-memory')
})

test.each([
  ['as soon as it is paused, while the figures do not know it yet', 90, undefined],
  ['by the figures, where the function of an older deploy does not say', undefined, 90],
])('a paused queue is no trouble: %s', async (_, said, measured) => {
  account.answers['GetMetricData'] = metricData((name) =>
    name === 'PausedSeconds' && measured === undefined
      ? []
      : [name === 'PausedSeconds' ? (measured ?? 0) : 0],
  )
  account.answers['/queue'] = () => ({ body: { ready: 12, consumers: 0 } })
  account.answers[topologyInvocation] = examined(said === undefined ? {} : { pausedSeconds: said })
  const { status: code, stdout } = await status()
  expect(stdout).toMatch(/^healthy, and paused$/m)
  expect(stdout).toMatch(/^ {2}paused +for 90 s: no slot takes tasks until npm run resume -- sandbox$/m)
  expect(code).toBe(0)
})

test('a queue that was resumed is not paused any more, whatever the figures still have', async () => {
  account.answers['GetMetricData'] = metricData((name) => [name === 'PausedSeconds' ? 90 : 0])
  account.answers['/queue'] = () => ({ body: { ready: 12, consumers: 0 } })
  account.answers[topologyInvocation] = examined({ pausedSeconds: 0 })
  const { status: code, stdout } = await status()
  expect(stdout).toContain('- no worker takes tasks, and 12 wait')
  expect(stdout).not.toContain('paused')
  expect(code).toBe(1)
})

test('gives the same to programs', async () => {
  const { stdout } = await runOps('status', ['sandbox', '--json'], { env: aws.env })
  expect(JSON.parse(stdout)).toMatchObject({
    environment: 'sandbox',
    healthy: true,
    findings: [],
    look: { queue: { consumers: 2 }, classes: [{ name: 'small', running: 1 }, { name: 'large' }] },
  })
})
