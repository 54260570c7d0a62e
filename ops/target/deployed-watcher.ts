import { GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch'
import { DescribeServicesCommand, type Service } from '@aws-sdk/client-ecs'
import type { WorkerClass } from '../../infra/settings/environment.ts'
import { slotsOf } from '../../infra/settings/worker-class.ts'
import type { MetricName } from '../../services/contract/metrics.ts'
import type { Aws } from './aws.ts'
import type { Deployed } from './deployed-stack.ts'
import type { ClassLook, Look, MinuteLook, QueueLook, Watcher } from './look.ts'

const periodSeconds = 60
const historyMinutes = 30
const windowMinutes = 5

const ofQueue = [
  'Ready',
  'InFlight',
  'Delayed',
  'Later',
  'Consumers',
  'DeadLetters',
  'DeadLettering',
  'Backlog',
  'PausedSeconds',
] as const
const ofClass = [
  ['done', 'TasksDone', 'Sum'],
  ['failed', 'TasksFailed', 'Sum'],
  ['p50', 'TaskWait', 'p50'],
  ['p95', 'TaskWait', 'p95'],
] as const satisfies readonly (readonly [string, MetricName, string])[]

const everySeconds = 20

/** Metrics that an hour of looking asks for: CloudWatch charges for each. */
export const metricsAnHour = (classes: number) =>
  (3_600 / everySeconds) * (ofQueue.length + ofClass.length * classes)

/** Newest first: when a minute began, in milliseconds since 1970, and what was measured in it. */
type Series = readonly { readonly at: number; readonly value: number }[]

/** CloudWatch's figures, by the minute, and ECS's count of tasks. */
export function watchDeployed(aws: Aws, deployed: Deployed, workers: readonly WorkerClass[]): Watcher {
  const classes = Object.keys(deployed.workerLogGroups)
  return {
    everySeconds,
    async look() {
      const [series, services] = await Promise.all([
        readMetrics(aws, deployed, classes),
        readServices(aws, deployed.cluster, classes),
      ])
      const paused = series('PausedSeconds')[0]
      const latest = (name: Exclude<keyof QueueLook, 'pausedSeconds'>) =>
        series(metricOf[name])[0]?.value ?? 0
      return {
        asOf: series('Backlog')[0]?.at,
        measuredEvery: periodSeconds,
        queue: {
          ready: latest('ready'),
          inFlight: latest('inFlight'),
          delayed: latest('delayed'),
          later: latest('later'),
          consumers: latest('consumers'),
          deadLetters: latest('deadLetters'),
          deadLettering: latest('deadLettering'),
          // there is none while it is not paused
          pausedSeconds: paused?.at === series('Backlog')[0]?.at ? (paused?.value ?? 0) : 0,
        },
        classes: classes.map((name, index) =>
          classLook(
            name,
            (key) => series(`${key}_${index}`),
            services.find(({ serviceName }) => serviceName === name),
            workers.find((worker) => worker.name === name),
          ),
        ),
        windowSeconds: windowMinutes * 60,
        backlog: series('Backlog')
          .map(({ value }) => value)
          .toReversed(),
        minutes: minutesOf(series, classes.length),
      } satisfies Look
    },
  }
}

const metricOf = {
  ready: 'Ready',
  inFlight: 'InFlight',
  delayed: 'Delayed',
  later: 'Later',
  consumers: 'Consumers',
  deadLetters: 'DeadLetters',
  deadLettering: 'DeadLettering',
} as const satisfies Record<Exclude<keyof QueueLook, 'pausedSeconds'>, MetricName>

function classLook(
  name: string,
  series: (key: (typeof ofClass)[number][0]) => Series,
  service: Service | undefined,
  settings: WorkerClass | undefined,
): ClassLook {
  const from = Date.now() - windowMinutes * 60_000
  const sum = (key: 'done' | 'failed') =>
    series(key).reduce((total, { at, value }) => total + (at >= from ? value : 0), 0)
  const running = service?.runningCount ?? 0
  const [p50, p95] = [series('p50')[0], series('p95')[0]]
  return {
    name,
    running,
    desired: service?.desiredCount ?? 0,
    slots: running * (settings ? slotsOf(settings) : 1),
    capacity: running * ((settings?.cpu ?? 1_024) / 1_024),
    done: sum('done'),
    failed: sum('failed'),
    waitMs: p50 && p95 && p50.at >= from ? { p50: p50.value, p95: p95.value } : undefined,
    deployment: deploymentOf(service),
  }
}

/** The whole minutes of the last half hour, oldest first. */
function minutesOf(series: (id: string) => Series, classes: number): readonly MinuteLook[] {
  const of = (id: string) => new Map(series(id).map(({ at, value }) => [at, value]))
  const ofClasses = (key: (typeof ofClass)[number][0]) =>
    Array.from({ length: classes }, (_, index) => of(`${key}_${index}`))
  const backlog = of('Backlog')
  const [done, failed, p95] = [ofClasses('done'), ofClasses('failed'), ofClasses('p95')]
  const over = (
    maps: readonly ReadonlyMap<number, number>[],
    at: number,
    all: (values: number[]) => number,
  ) => {
    const values = maps.flatMap((map) => map.get(at) ?? [])
    return values.length === 0 ? null : all(values)
  }
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)
  const now = Math.floor(Date.now() / 60_000)
  return Array.from({ length: historyMinutes }, (_, index) => {
    const at = (now - historyMinutes + index) * 60_000
    return {
      at,
      backlog: backlog.get(at) ?? null,
      done: over(done, at, sum),
      failed: over(failed, at, sum),
      waitP95: over(p95, at, (values) => Math.max(...values)),
    }
  })
}

function deploymentOf(service: Service | undefined): string | undefined {
  const failed = service?.deployments?.find(({ rolloutState }) => rolloutState === 'FAILED')
  const open = service?.deployments?.find(({ rolloutState }) => rolloutState === 'IN_PROGRESS')
  const found = failed ?? open
  return found && `${found.rolloutState}: ${found.rolloutStateReason ?? ''}`
}

async function readMetrics(
  aws: Aws,
  { metricsNamespace, queue }: Deployed,
  classes: readonly string[],
): Promise<(id: string) => Series> {
  const query = (id: string, name: MetricName, stat: string, dimensions: Record<string, string>) =>
    ({
      Id: id.toLowerCase(),
      MetricStat: {
        Metric: {
          Namespace: metricsNamespace,
          MetricName: name,
          Dimensions: Object.entries({ Queue: queue, ...dimensions }).map(([Name, Value]) => ({
            Name,
            Value,
          })),
        },
        Period: periodSeconds,
        Stat: stat,
      },
    }) satisfies MetricDataQuery
  const now = Date.now()
  const { MetricDataResults = [] } = await aws.ask('reading the metrics', () =>
    aws.cloudWatch.send(
      new GetMetricDataCommand({
        StartTime: new Date(now - historyMinutes * 60_000),
        EndTime: new Date(now),
        ScanBy: 'TimestampDescending',
        MetricDataQueries: [
          ...ofQueue.map((name) => query(name, name, 'Average', {})),
          ...classes.flatMap((name, index) =>
            ofClass.map(([key, metric, stat]) =>
              query(`${key}_${index}`, metric, stat, { WorkerClass: name }),
            ),
          ),
        ],
      }),
    ),
  )
  const results = new Map(MetricDataResults.map((result) => [result.Id, result]))
  return (id) => {
    const { Timestamps = [], Values = [] } = results.get(id.toLowerCase()) ?? {}
    return Timestamps.map((at, index) => ({ at: at.getTime(), value: Values[index] ?? 0 }))
  }
}

async function readServices(aws: Aws, cluster: string, classes: readonly string[]): Promise<Service[]> {
  const { services = [] } = await aws.ask('reading the services', () =>
    // a service has its class's name; ECS describes ten at a time
    aws.ecs.send(new DescribeServicesCommand({ cluster, services: classes.slice(0, 10) })),
  )
  return services
}
