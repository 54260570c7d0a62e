import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { outputs } from '../../infra/outputs.ts'
import { type Account, readyAccount, startAwsStandIn } from './aws-stand-in.ts'
import { examined } from './deployed.ts'
import { runOps } from './run-command.ts'

/** The environment `several` of the tests' own: a default queue, jobs, and two more. */
const queues = ['jobs', 'calls', 'reports'] as const
type Queue = (typeof queues)[number]
const stackOf = (queue: Queue) => `warren-several-work-queue${queue === 'jobs' ? '' : `-${queue}`}`

let account: Account & { answers: NonNullable<Account['answers']> }
let aws: Awaited<ReturnType<typeof startAwsStandIn>>
/** Which function was invoked with what. */
let invoked: { readonly name: string; readonly request: unknown }[]
/** A figure of a queue. */
let figure: (metric: string, queue: string) => number

beforeEach(async () => {
  invoked = []
  figure = (metric) => (metric === 'Consumers' ? 1 : 0)
  account = {
    ...readyAccount(),
    stacks: Object.fromEntries(
      queues.map((queue) => [
        stackOf(queue),
        {
          status: 'UPDATE_COMPLETE',
          outputs: {
            [outputs.queue]: queue,
            [outputs.metricsNamespace]: 'warren/several',
            [outputs.operatorFunction]: `${queue}-operator`,
            [outputs.topologyFunction]: `${queue}-topology`,
            [outputs.cluster]: `${queue}-cluster`,
            [outputs.workerLogGroups]: JSON.stringify({ small: `${queue}-logs` }),
          },
        },
      ]),
    ),
    answers: {
      GetMetricData: (body) => ({ body: { MetricDataResults: metricData(body) } }),
      DescribeServices: () => ({
        body: { services: [{ serviceName: 'small', runningCount: 1, desiredCount: 1 }] },
      }),
      '/queue': () => ({
        body: {
          ...{ ready: 6, consumers: 3 },
          queues: Object.fromEntries(queues.map((queue, at) => [queue, { ready: at + 1, consumers: 1 }])),
        },
      }),
    },
  }
  for (const queue of queues) {
    const invocation = (name: string) => `/2015-03-31/functions/${name}/invocations`
    account.answers[invocation(`${queue}-topology`)] = examined()
    account.answers[invocation(`${queue}-operator`)] = (body) => {
      invoked.push({ name: `${queue}-operator`, request: JSON.parse(body) })
      return { body: { letters: [], deadLetters: 0, ids: ['a'], undo: false, listed: 1, gone: 0 } }
    }
  }
  aws = await startAwsStandIn(account)
  const { outputs: ofDefault } = account.stacks[stackOf('jobs')] ?? {}
  if (ofDefault) ofDefault[outputs.endpoint] = aws.url
})
afterEach(() => aws[Symbol.asyncDispose]())

function metricData(body: string) {
  const { MetricDataQueries } = JSON.parse(body) as {
    MetricDataQueries: {
      Id: string
      MetricStat: { Metric: { MetricName: string; Dimensions: { Name: string; Value: string }[] } }
    }[]
  }
  const minute = Math.floor(Date.now() / 60_000) * 60 - 60
  return MetricDataQueries.map(({ Id, MetricStat: { Metric } }) => {
    const queue = Metric.Dimensions.find(({ Name }) => Name === 'Queue')?.Value ?? ''
    return { Id, Values: [figure(Metric.MetricName, queue)], Timestamps: [minute] }
  })
}

const run = (command: Parameters<typeof runOps>[0], ...args: string[]) =>
  runOps(command, args, { env: aws.env })

describe('status', () => {
  test('of an environment shows all its queues, the default one first, and each one’s own figures', async () => {
    const { status, stdout, stderr } = await run('status', 'several')
    expect(stderr).toBe('')
    expect([...stdout.matchAll(/^several · queue (\w+)$/gm)].map(([, queue]) => queue)).toEqual([...queues])
    expect([...stdout.matchAll(/(\d+) ready,/g)].map(([, ready]) => ready)).toEqual(['1', '2', '3'])
    // producer and broker are those of all
    expect(stdout.match(/^ {2}(producer|broker) /gm)).toHaveLength(2)
    expect(stdout).toMatch(/^healthy$/m)
    expect(status).toBe(0)
  })

  test('says of what is wrong in which queue it is, and of what is wrong in all once', async () => {
    figure = (metric, queue) => (metric === 'DeadLetters' && queue === 'calls' ? 4 : 0)
    account.answers['/queue'] = () => ({ status: 503, body: {} })
    const { status, stdout } = await run('status', 'several')
    expect(status).toBe(1)
    expect(stdout).toContain('- calls: 4 dead letters\n  → npm run redrive -- several/calls shows them')
    expect(stdout.match(/- the producer at \S+ does not work/g)).toHaveLength(1)
  })

  test('of one queue shows that one', async () => {
    const { stdout } = await run('status', 'several/reports', '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      environment: 'several/reports',
      queue: 'reports',
      look: { queue: { ready: 3 } },
    })
    const all = await run('status', 'several', '--json')
    const names = JSON.parse(all.stdout).queues.map(({ queue }: { queue: string }) => queue)
    expect(names).toEqual([...queues])
  })

  test('says which queue is not deployed yet', async () => {
    delete account.stacks[stackOf('calls')]
    const { status, stderr } = await run('status', 'several')
    expect(status).toBe(1)
    expect(stderr).toMatch(
      /^warren: several\/calls is not deployed in eu-central-1: there is no stack warren-several-work-queue-calls; npm run deploy -- several,/,
    )
  })
})

test('watch prints a line for each queue of an environment, with its name', async () => {
  const { stdout } = await runOps('watch', ['several'], { env: aws.env, stopWhen: /^reports: /m })
  expect(
    stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(':')[0]),
  ).toEqual([...queues])
})

test.each([
  ['several', 'jobs'],
  ['several/jobs', 'jobs'],
  ['several/calls', 'calls'],
])('redrive of %s asks the operator of the queue %s', async (name, queue) => {
  const { status } = await run('redrive', name)
  expect(status).toBe(0)
  expect(invoked.map((each) => each.name)).toEqual([`${queue}-operator`])
})

test('a queue that there is not is answered with the nearest', async () => {
  const { status, stderr } = await run('redrive', 'several/call')
  expect(status).toBe(2)
  expect(stderr).toMatch(/^warren: there is no environment several\/call: did you mean several\/calls\?/)
})

test('send takes an environment: the type says which queue', async () => {
  const { status, stderr } = await run('send', 'several/calls')
  expect(status).toBe(2)
  expect(stderr).toContain('did you mean several?')
})

test('cancel is for all queues of an environment, since a task may wait in any, or for the one that is named', async () => {
  const { stdout } = await run('cancel', 'several', 'a', '--json')
  expect(JSON.parse(stdout)).toMatchObject({
    environment: 'several',
    queues: queues.map((queue) => ({ queue, ids: ['a'], listed: 1 })),
  })
  const request = { action: 'cancel', ids: ['a'], undo: false }
  expect(invoked).toHaveLength(3)
  for (const queue of queues) expect(invoked).toContainEqual({ name: `${queue}-operator`, request })
  await run('cancel', 'several/calls', 'a')
  expect(invoked.slice(3)).toEqual([{ name: 'calls-operator', request }])
})
