import { expect, test } from 'vitest'
import { type Account, startAwsStandIn } from './aws-stand-in.ts'
import { deployedSandbox, endpointAt, metricData, services } from './deployed.ts'
import { runOps } from './run-command.ts'

const minute = 60_000
const day = 86_400_000

interface Asked {
  readonly StartTime: number
  readonly EndTime: number
  readonly MetricDataQueries: readonly {
    readonly MetricStat: {
      readonly Period: number
      readonly Metric: {
        readonly Namespace: string
        readonly Dimensions: readonly { readonly Value: string }[]
      }
    }
  }[]
}

/** What CloudWatch says of the groups of schedules: times at which they were invoked, in milliseconds. */
function attempts(times: Readonly<Record<string, readonly number[]>>) {
  const ofQueue = metricData((name) => [name === 'Consumers' ? 2 : 0])
  return (body: string) => {
    const { StartTime, EndTime, MetricDataQueries } = JSON.parse(body) as Asked
    const [{ MetricStat } = { MetricStat: undefined }] = MetricDataQueries
    if (MetricStat?.Metric.Namespace !== 'AWS/Scheduler') return ofQueue(body)
    const [{ Value } = { Value: '' }] = MetricStat.Metric.Dimensions
    const { Period } = MetricStat
    // what CloudWatch keeps so long
    const age = Date.now() / 1_000 - StartTime
    expect(Period % (age > 15 * 86_400 ? 300 : 60)).toBe(0)
    const buckets = (times[Value] ?? [])
      .map((time) => Math.floor(time / 1_000 / Period) * Period)
      .filter((time) => time >= Math.floor(StartTime / Period) * Period && time < EndTime)
      .toSorted((a, b) => b - a)
    return {
      body: { MetricDataResults: [{ Id: 'attempts', Values: buckets.map(() => 1), Timestamps: buckets }] },
    }
  }
}

async function statusWith(
  times: Readonly<Record<string, readonly number[]>>,
  change: (account: Account) => void = () => {},
) {
  const account = deployedSandbox()
  await using aws = await startAwsStandIn(account)
  endpointAt(account, aws.url)
  account.answers['GetMetricData'] = attempts(times)
  account.answers['DescribeServices'] = services()
  account.answers['/queue'] = () => ({ body: { ready: 0, consumers: 2 } })
  change(account)
  const env = { ...aws.env, TEST_SCHEDULES: 'some' }
  return await runOps('status', ['sandbox'], { env })
}

const shown = (time: number, timeZone: string) =>
  new Date(time).toLocaleString('sv', { timeZone, dateStyle: 'short', timeStyle: 'short' })

test('tells of each schedule of the environment when it ran last and will run next', async () => {
  const now = Date.now()
  const last = Math.floor((now - 30 * day) / minute) * minute
  const started = Math.floor((now - 3 * day + 90 * minute) / minute) * minute
  const { status, stdout, stderr } = await statusWith({
    'warren-sandbox.yearly': [last - day, last],
    'warren-sandbox.daily': [started, started + day, started + 2 * day],
  })
  expect(stderr).toBe('')
  expect(status).toBe(0)
  const year = now < Date.UTC(new Date(now).getUTCFullYear(), 11, 24, 11) ? 0 : 1
  const next = new Date(now).getUTCFullYear() + year
  // five minutes is what CloudWatch keeps of a month ago
  const known = Math.floor(last / (5 * minute)) * 5 * minute
  expect(stdout).toContain(`  schedules     yearly: 0 12 24 12 *, in the time of Europe/Berlin
                  last ${shown(known, 'Europe/Berlin')}, next ${next}-12-24 12:00
                daily: 1 day, in the time of UTC
                  last ${shown(started + 2 * day, 'UTC')}, next ${shown(started + 3 * day, 'UTC')}
`)
  expect(stdout).not.toContain('elsewhere')
})

test('of one that never ran the last time is not known, nor the next of a rate', async () => {
  const { stdout } = await statusWith({})
  expect(stdout).toMatch(/yearly: .*\n +last not known, next \d{4}-12-24 12:00\n/)
  expect(stdout).toMatch(/daily: .*\n +last not known, next not known\n/)
})
