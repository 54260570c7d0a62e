import { watch } from 'node:fs/promises'
import { resolve } from 'node:path'
import { wholeNumber } from '../ops/command-line/arguments.ts'
import { command } from '../ops/command-line/command.ts'
import { orAborted, runCommand } from '../ops/command-line/lifecycle.ts'
import { readQueue } from '../services/probe/figures.ts'
import { ensureBroker } from './broker/start.ts'
import { removeBundles } from './bundles.ts'
import { type Services, startServices } from './dev-services.ts'
import { readLocal, removeLocal, writeLocal } from './local-file.ts'
import { type Page, startPage } from './page/server.ts'
import { Tally } from './page/tally.ts'
import { createWorkQueue } from './work-queue.ts'

const program = command(
  'npm run dev',
  `Runs RabbitMQ, the producer, a slow and a fast worker, and a page on which you can watch and change them, until Ctrl-C.
Builds and restarts them when you change a file in services/.`,
  'npm run dev -- --port 9000',
).option(
  '--port <number>',
  'port of the producer; without it, 8080 or the next free one',
  wholeNumber(1, 65_535),
)

const services = resolve(import.meta.dirname, '../services')
await runCommand(program, async ({ options: { port }, signal, stack }) => {
  const other = await readLocal()
  if (other) throw new Error(`npm run dev is already running, as process ${other.pid}: ${other.endpoint}`)
  const broker = await orAborted(ensureBroker({ env: process.env, progress: console.log }), signal)
  stack.defer(() => broker.stop())
  const queue = await createWorkQueue(broker, 'tasks')
  stack.defer(() => queue.remove())
  stack.defer(removeBundles)
  const tally = new Tally()
  const running = await startServices(queue, port, tally, signal)
  stack.defer(() => running.stop())
  const { amqpUrl: brokerUrl, managementUrl, vhost, admin } = broker
  const { endpoint } = running
  const users = { probe: queue.user('probe'), operator: queue.user('operator') }
  const readFigures = () => readQueue({ url: managementUrl, ...users.probe }, vhost, queue.name)
  const page = await startPage({
    endpoint,
    crew: running.crew,
    tally,
    readFigures,
    nextTimes: () => running.nextTimes(),
  })
  stack.defer(() => page.close())
  stack.defer(removeLocal)
  await writeLocal({
    endpoint,
    brokerUrl,
    managementUrl,
    pid: process.pid,
    vhost,
    queue: queue.name,
    ...users,
  })
  // the password of a broker of the user's is known to them, and to be told to nobody else
  const ours = vhost === '/'
  console.log(`
RabbitMQ ${broker.version}  ${managementUrl}  user ${admin.username}${ours ? `, password ${admin.password}` : ''}
Producer        ${endpoint}
Live page       ${page.url}
Try             curl ${endpoint}/tasks -H 'content-type: application/json' -d '{ "type": "sleep", "payload": { "ms": 1000 } }'
Ctrl-C ends it.
`)
  await reloadOnChange(running, page, signal)
  console.log('finishing the running tasks ...')
  return 0
})

async function reloadOnChange(running: Services, page: Page, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  let reloads = Promise.resolve()
  const reload = async () => {
    try {
      await running.reload()
      await page.formsChanged()
      console.log('services/ changed: rebuilt and restarted')
    } catch (error) {
      console.error(
        `services/ changed and cannot be built or started, so the version before still runs: ${error instanceof Error ? error.message : error}`,
      )
    }
  }
  try {
    for await (const _ of watch(services, { recursive: true, signal })) {
      clearTimeout(timer)
      // editors write a file in several steps
      timer = setTimeout(() => {
        reloads = reloads.then(reload)
      }, 200)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  clearTimeout(timer)
  await reloads
}
