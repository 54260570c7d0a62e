import { resolve } from 'node:path'
import { ensureBroker } from '../local/broker/start.ts'
import { BuildError, removeBundles } from '../local/bundles.ts'
import { type Changes, watchChanges } from '../local/changes.ts'
import { type Services, startServices } from '../local/dev-services.ts'
import { readLocal, removeLocal, writeLocal } from '../local/local-file.ts'
import { type Page, startPage } from '../local/page/dev-page.ts'
import { tracingVariables } from '../local/tracing.ts'
import { defaultQueue } from '../local/work-queue.ts'
import { localDrainSeconds } from '../local/worker-process.ts'
import { wholeNumber } from './command-line/arguments.ts'
import { command } from './command-line/command.ts'
import { orAborted, runCommand } from './command-line/lifecycle.ts'
import { openLocalDesk } from './console/local-desk.ts'
import { duration } from './figures.ts'

const program = command(
  'npm run dev',
  `Runs RabbitMQ, the producer, a slow and a fast worker for each queue, and a page on which you can watch and change
them, until Ctrl-C. Builds and restarts them when you change a file in services/.`,
  'npm run dev -- --port 9000',
)
  .option(
    '--port <number>',
    'port of the producer; without it, 8080 or the next free one',
    wholeNumber(1, 65_535),
  )
  .option(
    '--inspect [port]',
    'one worker for each queue, to whose handlers a debugger attaches; at port 9229, or this one',
    wholeNumber(1, 65_500),
  )
  .option('--ledger', 'keep a ledger of what becomes of tasks, in a DynamoDB in memory: GET /tasks/{id}')

const services = resolve(import.meta.dirname, '../services')
await runCommand(program, async ({ options: { port, inspect, ledger = false }, signal, stack }) => {
  const other = await readLocal()
  if (other) throw new Error(`npm run dev is already running, as process ${other.pid}: ${other.endpoint}`)
  const broker = await orAborted(ensureBroker({ env: process.env, progress: console.log }), signal)
  stack.defer(() => broker.stop())
  stack.defer(removeBundles)
  // before the first build: what is changed while all starts is a change too
  const changes = await orAborted(watchChanges(services), signal)
  stack.defer(() => changes.close())
  const inspectPort = inspect === true ? 9229 : inspect
  const running = await startServices(broker, { port, inspectPort, keepsLedger: ledger }, stack, signal)
  const { amqpUrl: brokerUrl, managementUrl, vhost, admin } = broker
  const { endpoint, queues } = running
  const page = await startPage({ endpoint, queues, schedules: running.nextTimes, desk: openLocalDesk })
  stack.defer(() => page.close())
  stack.defer(removeLocal)
  const tell = async () => {
    const [main, ...moreQueues] = [...queues.values()].map(({ queue: { name, user } }) => ({
      queue: name,
      probe: user('probe'),
      operator: user('operator'),
    }))
    const { pid } = process
    if (main)
      await writeLocal({ endpoint, brokerUrl, managementUrl, pid, vhost, ledger, ...main, moreQueues })
  }
  await tell()
  // the password of a broker of the user's is known to them, and to be told to nobody else
  const ours = vhost === '/'
  const spans = tracingVariables(process.env)
  console.log(`
RabbitMQ ${broker.version}  ${managementUrl}  user ${admin.username}${ours ? `, password ${admin.password}` : ''}
Producer        ${endpoint}
Live page       ${page.url}
Ledger          ${ledger ? 'kept, in memory' : 'none: npm run dev -- --ledger keeps one'}${debuggers(queues.keys(), inspectPort)}${spans ? `\nSpans go to     ${spans.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT}` : ''}
Try             curl ${endpoint}/tasks -H 'content-type: application/json' -d '{ "type": "sleep", "payload": { "ms": 1000 } }'
Ctrl-C ends it.
`)
  signal.addEventListener('abort', () => console.log(finishing(queues)))
  return reloadOnChange(running, page, changes, tell, signal)
})

/** Where to attach, by queue. */
function debuggers(queues: Iterable<string>, port: number | undefined): string {
  if (port === undefined) return ''
  const places = [...queues].map((queue, index) => `${queue} at 127.0.0.1:${port + index}`)
  return `\nDebugger        ${places.join(', ')}`
}

/** What Ctrl-C waits for, and for how long. A worker says of a task that has only begun nothing yet. */
function finishing(queues: Services['queues']): string {
  const busy = [...queues.values()].flatMap(({ queue, tally }) => {
    const lanes = tally.take().lanes.filter(({ runningSince }) => runningSince !== null)
    return lanes.map(({ row, runningSince }) => {
      const since = duration(Date.now() - (runningSince ?? 0))
      return `  ${queue.name === defaultQueue ? '' : `${queue.name} `}${row}, at its task for ${since}`
    })
  })
  const most = `${localDrainSeconds} s at most; one that still runs then is handed back. Ctrl-C once more ends all at once.`
  return [`No worker takes a task any more. Waiting for the tasks that run, ${most}`, ...busy].join('\n')
}

/** Until the signal fires, which it throws. */
async function reloadOnChange(
  running: Services,
  page: Page,
  changes: Changes,
  reloaded: () => Promise<void>,
  signal: AbortSignal,
): Promise<never> {
  for (;;) {
    await changes.next(signal)
    const startedAt = performance.now()
    try {
      await running.reload()
      await reloaded()
      await page.formsChanged()
      const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
      console.log(`services/ changed: rebuilt and restarted in ${seconds} s`)
    } catch (error) {
      const what = error instanceof BuildError ? 'built' : 'started'
      const why = error instanceof Error ? error.message : error
      console.error(`services/ changed and cannot be ${what}, so the version before still runs:\n${why}`)
    }
  }
}
