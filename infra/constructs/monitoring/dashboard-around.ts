import { Duration } from 'aws-cdk-lib'
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2'
import type { GraphWidget } from 'aws-cdk-lib/aws-cloudwatch'
import { fargateUsd } from '../../fargate-usd.ts'
import type { WorkerClass } from '../../settings/environment.ts'
import { brokerMetric } from './broker-alarms.ts'
import { colour, type DashboardRow, graph } from './graph.ts'
import { queueMetric } from './queue-metric.ts'
import { done, math, minute, overClasses, running, type Watched } from './watched.ts'

const sum = { statistic: 'Sum' }

export function brokerRow({ brokerName }: Watched): DashboardRow {
  const metric = (name: string) => brokerMetric(brokerName, name)
  const at = (value: number, label: string) => [{ value, label }]
  return {
    question: 'Is the broker well?',
    answer:
      'At its limit of memory or disk the broker takes no more tasks, and the producer answers 503. Connections: producers’ functions, one for each worker.',
    widgets: [
      graph(6, {
        title: 'Memory',
        unit: '% of the limit',
        max: 100,
        metrics: [
          math('memory', '100 * used / limit', {
            used: metric('RabbitMQMemUsed'),
            limit: metric('RabbitMQMemLimit'),
          }),
        ],
        marks: at(80, 'alarm'),
      }),
      graph(6, {
        title: 'Free disk',
        unit: '× the limit',
        metrics: [
          math('free disk', 'free / limit', {
            free: metric('RabbitMQDiskFree'),
            limit: metric('RabbitMQDiskFreeLimit'),
          }),
        ],
        marks: at(1.5, 'alarm below'),
      }),
      graph(6, {
        title: 'CPU',
        unit: '%',
        max: 100,
        metrics: [metric('SystemCpuUtilization').with({ label: 'CPU' })],
        marks: at(80, 'alarm'),
      }),
      graph(6, {
        title: 'Connections',
        unit: 'connections',
        metrics: [metric('ConnectionCount').with({ label: 'connections' })],
      }),
    ],
  }
}

export function producerRow(watched: Watched): DashboardRow {
  const { api } = watched
  return {
    question: 'Can clients hand in their tasks?',
    answer:
      '**Refused** tasks were answered with 503, and clients send them again. Confirm latency is how long a request waited for the broker; a cold start with its new connection shows in p99.',
    widgets: api ? ofProducer(watched, api) : [ofOtherProducer(watched)],
  }
}

function ofProducer(watched: Watched, api: HttpApi): GraphWidget[] {
  const perMinute = { ...sum, period: minute }
  return [
    graph(8, {
      title: 'Requests per minute',
      unit: 'requests',
      metrics: [
        api.metricCount({ ...perMinute, label: 'requests', color: colour.waiting }),
        api.metricClientError({ ...perMinute, label: '4xx', color: colour.again }),
        api.metricServerError({ ...perMinute, label: '5xx', color: colour.failed }),
      ],
    }),
    graph(8, {
      title: 'Confirm latency',
      unit: 'milliseconds',
      metrics: (['p50', 'p95', 'p99'] as const).map((statistic) =>
        queueMetric(watched, 'ConfirmLatency', {}, { statistic, label: statistic, color: colour[statistic] }),
      ),
    }),
    graph(8, {
      title: 'Refused tasks, new connections, per minute',
      unit: 'number',
      metrics: [
        refused(watched),
        queueMetric(watched, 'Reconnects', {}, { ...sum, label: 'reconnects', color: colour.again }),
      ],
    }),
  ]
}

/** Of a queue whose tasks come by the default queue's producer: the rest is on that one's dashboard. */
const ofOtherProducer = (watched: Watched) =>
  graph(24, { title: 'Refused tasks per minute', unit: 'tasks', metrics: [refused(watched)] })

const refused = (watched: Watched) =>
  queueMetric(watched, 'TasksRefused', {}, { ...sum, label: 'refused tasks', color: colour.failed })

/** USD an hour for a task of this class. */
function usdPerHour({ cpu, memoryMiB, architecture, spot }: WorkerClass): number {
  const { vcpu, memoryGb } = fargateUsd[architecture]
  const onDemand = (cpu / 1024) * vcpu + (memoryMiB / 1024) * memoryGb
  return Number((onDemand * (spot ? fargateUsd.spotShare : 1)).toFixed(5))
}

export function costRow(watched: Watched): DashboardRow {
  const ended = overClasses(watched, 'done', done)
  const tasks = overClasses(watched, 'running', running, usdPerHour)
  return {
    question: 'What does it cost?',
    answer:
      'Fargate’s price on demand in us-east-1 for the running workers, by the tasks they did: it falls as slots get busier, and rises where workers stand idle. Broker, network and the rest are the same every hour: `npm run cost` lists them.',
    widgets: [
      graph(12, {
        title: 'Workers’ cost per 1,000 tasks',
        unit: 'USD',
        metrics: [
          math(
            'USD per 1,000 tasks',
            // one value of each running task a minute
            `1000 * (${tasks.sum}) / 60 / (${ended.sum})`,
            { ...ended.metrics, ...tasks.metrics },
            // so that a single task in an idle minute is no spike
            Duration.minutes(5),
          ),
        ],
      }),
      graph(12, {
        title: 'Workers’ cost per hour',
        unit: 'USD',
        metrics: [math('USD per hour', tasks.sum, tasks.metrics)],
      }),
    ],
  }
}
