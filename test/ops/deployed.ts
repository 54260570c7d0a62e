import { createHash, createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { expect } from 'vitest'
import { outputs } from '../../infra/outputs.ts'
import type { TaskLogLine } from '../../services/contract/log.ts'
import { type MetricName, metrics } from '../../services/contract/metrics.ts'
import type { Examined } from '../../services/topology/examine.ts'
import { type Account, type JsonAnswer, readyAccount } from './aws-stand-in.ts'

/** Where the topology function is invoked. */
export const topologyInvocation = '/2015-03-31/functions/topology-function/invocations'

/** What it answers to `npm run status`. */
export function examined(others: Partial<Examined> = {}): () => JsonAnswer {
  return () => ({ body: { brokerVersion: '4.3.6', disagreeing: [], ...others } })
}

/** The sandbox as it is in AWS after a deploy, for {@link startAwsStandIn}. Where its endpoint is, is known only then. */
export function deployedSandbox(): Account & { answers: NonNullable<Account['answers']> } {
  return {
    ...readyAccount(),
    answers: { [topologyInvocation]: examined() },
    stacks: {
      'warren-sandbox-work-queue': {
        status: 'UPDATE_COMPLETE',
        outputs: {
          [outputs.endpoint]: 'https://set-by-the-test.example',
          [outputs.region]: 'eu-central-1',
          [outputs.queue]: 'tasks',
          [outputs.metricsNamespace]: 'warren/sandbox',
          [outputs.operatorFunction]: 'operator-function',
          [outputs.topologyFunction]: 'topology-function',
          [outputs.cluster]: 'cluster',
          [outputs.workerLogGroups]: '{"small":"logs-small","large":"logs-large"}',
        },
      },
    },
  }
}

/** Makes the stand-in's own address the producer's, as the stack tells it. */
export function endpointAt(account: Account, url: string): void {
  const stack = account.stacks['warren-sandbox-work-queue']
  if (stack?.outputs) stack.outputs[outputs.endpoint] = url
}

/** Takes signed requests only, as API Gateway does with IAM authorization, and accepts all tasks. */
export function signedOnly(
  secret: string,
  accept: (ids: string[]) => JsonAnswer,
): (body: string, request: IncomingMessage) => JsonAnswer {
  return (body, request) => {
    if (!isSigned(request, body, secret)) return { status: 403, body: { message: 'Forbidden' } }
    return accept((JSON.parse(body) as { tasks: { id: string }[] }).tasks.map(({ id }) => id))
  }
}

/** Signature Version 4, worked out anew: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function isSigned(
  { method = '', url = '', headers }: IncomingMessage,
  body: string,
  secret: string,
): boolean {
  const parts =
    /^AWS4-HMAC-SHA256 Credential=[^/]+\/(?<scope>[^,]+), ?SignedHeaders=(?<names>[^,]+), ?Signature=(?<signature>\w+)$/.exec(
      headers.authorization ?? '',
    )?.groups
  const { scope = '', names = '', signature } = parts ?? {}
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
  const lines = names.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`)
  const canonical = [method, url, '', lines.join(''), names, sha256(body)].join('\n')
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n')
  const [date = '', region = '', service = '', end = ''] = scope.split('/')
  const key = [date, region, service, end].reduce<string | Buffer>(
    (last, part) => createHmac('sha256', last).update(part).digest(),
    `AWS4${secret}`,
  )
  return service === 'execute-api' && createHmac('sha256', key).update(text).digest('hex') === signature
}

/** A log line of a task that is done. */
export function taskLine(id: string, name: string, others: Partial<TaskLogLine> = {}): TaskLogLine {
  const time = '2026-01-01T00:00:01.000Z'
  return {
    time,
    level: 'info',
    msg: 'task',
    id,
    type: 'digest',
    priority: 4,
    class: name,
    worker: `${name}-1`,
    slot: 0,
    queuedAt: time,
    startedAt: time,
    waitMs: 0,
    durationMs: 1_000,
    deliveryCount: 0,
    outcome: 'done',
    ...others,
  }
}

/** The answer of CloudWatch Logs to FilterLogEvents. */
export function logEvents(lines: readonly TaskLogLine[]): JsonAnswer {
  const events = lines.map((line) => ({ eventId: line.class + line.id, message: JSON.stringify(line) }))
  return { body: { events } }
}

/** A minute's figures of a metric, newest first, as CloudWatch has them: Unix seconds and values. */
export function metricData(of: (metric: string, workerClass: string | undefined, stat: string) => number[]) {
  return (body: string): JsonAnswer => {
    const { MetricDataQueries } = JSON.parse(body) as { MetricDataQueries: MetricDataQuery[] }
    const minute = Math.floor(Date.now() / 60_000) * 60 - 60
    const results = MetricDataQueries.map(({ Id, MetricStat: { Metric, Stat } }) => {
      expect(Metric.Namespace).toBe('warren/sandbox')
      const dimensions = new Map(Metric.Dimensions.map(({ Name, Value }) => [Name, Value]))
      expect(dimensions.get('Queue')).toBe('tasks')
      const names = Object.keys(Object.fromEntries(dimensions))
      expect(metrics[Metric.MetricName].dimensions).toContainEqual(names)
      const values = of(Metric.MetricName, dimensions.get('WorkerClass'), Stat)
      return { Id, Values: values, Timestamps: values.map((_, index) => minute - index * 60) }
    })
    return { body: { MetricDataResults: results } }
  }
}

interface MetricDataQuery {
  readonly Id: string
  readonly MetricStat: {
    readonly Metric: {
      readonly Namespace: string
      readonly MetricName: MetricName
      readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[]
    }
    readonly Stat: string
  }
}

/** ECS services in which all runs as it should. */
export function services(others: Record<string, object> = {}): () => JsonAnswer {
  return () => ({
    body: {
      services: ['small', 'large'].map((serviceName) => ({
        serviceName,
        runningCount: 1,
        desiredCount: 1,
        deployments: [{ status: 'PRIMARY', rolloutState: 'COMPLETED' }],
        ...others[serviceName],
      })),
    },
  })
}
