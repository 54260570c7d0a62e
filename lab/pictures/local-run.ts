import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { bundle } from '../../infra/bundle/bundle.ts'
import { ensureBroker } from '../../local/broker/start.ts'
import { manage } from '../../services/amqp/management.ts'
import type { TaskLogLine } from '../../services/contract/log.ts'
import { type EmittedMetric, emittedMetrics } from '../../test/support/emitted-metrics.ts'
import { invokeLambda } from '../../test/support/lambda.ts'
import { startProducer } from '../../test/support/producer.ts'
import { createQueue } from '../../test/support/queue.ts'
import { copyServices } from '../../test/support/test-tasks.ts'
import { startWorker, type WorkerProcess } from '../../test/support/worker-process.ts'

/** What a run left behind. */
export interface LocalRun {
  readonly from: number
  readonly to: number
  readonly metrics: readonly EmittedMetric[]
  readonly tries: readonly Pick<TaskLogLine, (typeof kept)[number]>[]
}

const kept = [
  ...(['type', 'class', 'outcome', 'reason', 'id'] as const),
  ...(['priority', 'tenant', 'waitMs', 'deliveryCount'] as const),
] as const

/** So much of the run stands for a minute of the dashboard, in milliseconds; the services' 30 s are then two. */
export const minuteMs = 4_000
const namespace = 'warren/sandbox'
const classes = { small: { SLEEP_FACTOR: '4' }, large: { SLEEP_FACTOR: '1' } }

/** Tasks a second, and from which second on. Two small slots and a large one do about 15. */
const arrivals = [
  { from: 0, rate: 8 },
  { from: 20, rate: 20 },
  { from: 60, rate: 9 },
] as const
const secondLargeAt = 52
const digestFails = { from: 76, to: 98 }
const seconds = 112

/**
 * Runs producer, workers and probe on this machine: more tasks than the slots can do until another worker comes, and
 * then tasks of one type that fail for a while.
 */
export async function runLocally(progress: (line: string) => void): Promise<LocalRun> {
  await using stack = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'warren-dashboard-'))
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  const flag = join(folder, 'archive-is-away')
  const bundles = join(folder, 'bundles')
  bundle(bundles)
  const workers = stack.use(copyServices())
  writeFileSync(join(workers.folder, 'services/tasks/digest.handler.ts'), failing(flag))
  const workerBundles = workers.bundleWorker()
  const broker = await ensureBroker({ env: process.env, progress })
  stack.defer(() => broker.stop())
  const queue = stack.use(await createQueue(broker, { deliveryLimit: 3, retryMinSeconds: 2 }))
  const common = { METRICS_NAMESPACE: namespace, METRICS_SECONDS: '2' }
  const running: { readonly name: keyof typeof classes; readonly process: WorkerProcess }[] = []
  const add = (name: keyof typeof classes) => {
    const variables = { ...queue.environment('worker'), ...common, ...classes[name], WORKER_CLASS: name }
    running.push({ name, process: stack.use(startWorker(workerBundles, variables)) })
  }
  for (const name of ['small', 'small', 'large'] as const) add(name)
  const producer = stack.use(await startProducer(bundles, { ...queue.environment('producer'), ...common }))
  await Promise.all(running.map(({ process }) => process.line('consuming')))
  progress(`running for ${seconds} s`)
  const from = Date.now()
  const to = from + seconds * 1_000
  const own: EmittedMetric[] = []
  const emit = (name: string, given: number | readonly number[], ns: string, dimensions = {}) =>
    own.push({ namespace: ns, name, dimensions, unit: 'None', values: [given].flat(), time: Date.now() })

  const elapsed = () => (Date.now() - from) / 1_000
  const each = async (ms: number, work: () => Promise<void>) => {
    for (let next = Date.now(); Date.now() < to; next += ms) {
      await work()
      await pause(Math.max(0, next + ms - Date.now()))
    }
  }
  let owed = 0
  const send = each(500, async () => {
    owed += (arrivals.findLast(({ from }) => elapsed() >= from)?.rate ?? 0) / 2
    const tasks = Array.from({ length: Math.floor(owed) }, task)
    owed -= tasks.length
    const { status } = await producer.post({ tasks })
    emit('Count', 1, 'AWS/ApiGateway')
    emit('4xx', status >= 400 && status < 500 ? 1 : 0, 'AWS/ApiGateway')
    emit('5xx', status >= 500 ? 1 : 0, 'AWS/ApiGateway')
  })
  const look = each(minuteMs, async () => {
    const { output } = await invokeLambda(bundles, 'probe', { ...queue.environment('probe'), ...common }, {})
    own.push(
      ...output.split('\n').flatMap((line) => (line.startsWith('{') ? emittedMetrics(JSON.parse(line)) : [])),
    )
  })
  let before = cpuTimes()
  const watchMachines = each(minuteMs, async () => {
    for (const { name } of running) emit('CPUUtilization', 100, 'AWS/ECS', { ServiceName: name })
    const access = { url: broker.managementUrl, ...broker.admin }
    const [[node], overview] = (await Promise.all([
      manage(access, 'GET', 'nodes'),
      manage(access, 'GET', 'overview'),
    ])) as [[NodeFigures], { readonly object_totals?: { readonly connections: number } }]
    const now = cpuTimes()
    emit(
      'SystemCpuUtilization',
      (100 * (now.busy - before.busy)) / (now.all - before.all || 1),
      'AWS/AmazonMQ',
    )
    before = now
    emit('RabbitMQMemUsed', node.mem_used, 'AWS/AmazonMQ')
    emit('RabbitMQMemLimit', node.mem_limit, 'AWS/AmazonMQ')
    emit('RabbitMQDiskFree', node.disk_free, 'AWS/AmazonMQ')
    emit('RabbitMQDiskFreeLimit', node.disk_free_limit, 'AWS/AmazonMQ')
    emit('ConnectionCount', overview.object_totals?.connections ?? 0, 'AWS/AmazonMQ')
  })
  const events = each(1_000, async () => {
    if (elapsed() >= secondLargeAt && running.length === 3) add('large')
    if (elapsed() >= digestFails.from && elapsed() < digestFails.to) writeFileSync(flag, '')
    else rmSync(flag, { force: true })
  })
  await Promise.all([send, look, watchMachines, events])
  const logs = await Promise.all(running.map(({ process }) => process.stop()))
  const lines = [...logs.flatMap((log) => log.lines), ...(await producer.stop())]
  const metrics = [...own, ...lines.flatMap(emittedMetrics)].map((metric) => ({
    ...metric,
    dimensions: 'Queue' in metric.dimensions ? { ...metric.dimensions, Queue: 'tasks' } : metric.dimensions,
  }))
  const tries = logs.flatMap((log) => log.tries)
  return {
    from,
    to,
    metrics,
    tries: tries.map(
      (line) => Object.fromEntries(kept.map((name) => [name, line[name]])) as LocalRun['tries'][number],
    ),
  }
}

/** https://www.rabbitmq.com/docs/http-api-reference#get-apinodes */
interface NodeFigures {
  readonly mem_used: number
  readonly mem_limit: number
  readonly disk_free: number
  readonly disk_free_limit: number
}

function task() {
  // most are one tenant's
  const tenant = Math.random() < 0.7 ? 'acme' : Math.random() < 0.5 ? 'globex' : 'initech'
  return Math.random() < 0.15
    ? { type: 'digest', payload: { rounds: 5_000 }, tenant }
    : { type: 'sleep', payload: { ms: 60 + Math.round(80 * Math.random()) }, tenant }
}

const failing = (flag: string) => `import { existsSync } from 'node:fs'
import { createHash } from 'node:crypto'
export default async ({ rounds }, { id }) => {
  if (existsSync(${JSON.stringify(flag)})) {
    await new Promise((done) => setTimeout(done, 200))
    throw new Error('connect ECONNREFUSED archive.internal:443')
  }
  for (let sum = id; rounds > 0; rounds -= 1) sum = createHash('sha256').update(sum).digest('hex')
}`

function cpuTimes(): { readonly busy: number; readonly all: number } {
  const times = cpus().map(({ times }) => times)
  const all = times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0)
  return { all, busy: all - times.reduce((sum, { idle }) => sum + idle, 0) }
}
