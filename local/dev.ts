import { watch } from 'node:fs/promises'
import { resolve } from 'node:path'
import { brokerUser } from '../services/contract/topology.ts'
import { commandLine, wholeNumber } from './arguments.ts'
import { ensureBroker } from './broker/broker.ts'
import { removeBundles } from './bundles.ts'
import { type Services, startServices } from './dev-services.ts'
import { orAborted, runCommand } from './lifecycle.ts'
import { readLocal, removeLocal, writeLocal } from './local-file.ts'
import { makeWorkQueue } from './work-queue.ts'

const help = `npm run dev -- [options]

Runs producer, RabbitMQ and a slow and a fast worker until Ctrl-C. Builds and starts anew what changes in services/.

  --port <number>   port of the producer (default: 8080, or the next free one)

Example: npm run dev -- --port 9000`

const services = resolve(import.meta.dirname, '../services')
await runCommand(async ({ signal, stack }) => {
  const { values } = commandLine(process.argv.slice(2), { port: { type: 'string' } })
  if (values.help) {
    console.log(help)
    return 0
  }
  const port = values.port === undefined ? undefined : wholeNumber('--port', values.port, 1, 65_535)
  const other = await readLocal()
  if (other) throw new Error(`npm run dev is up already, as process ${other.pid}: ${other.endpoint}`)
  const broker = await orAborted(ensureBroker({ env: process.env, progress: console.log }), signal)
  stack.defer(() => broker.stop())
  const queue = await makeWorkQueue(broker, 'tasks')
  stack.defer(() => queue.remove())
  stack.defer(removeBundles)
  const running = await startServices(queue, port, signal)
  stack.defer(() => running.stop())
  const { amqpUrl: brokerUrl, managementUrl, vhost, admin } = broker
  const user = (role: 'probe' | 'operator') => ({
    username: brokerUser(queue.name, role),
    password: queue.password(role),
  })
  const { endpoint } = running
  const users = { probe: user('probe'), operator: user('operator') }
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
  console.log(`
RabbitMQ ${broker.version}  ${managementUrl}  user ${admin.username}, password ${admin.password}
Producer        ${endpoint}
Try             curl ${endpoint}/tasks -H 'content-type: application/json' -d '{ "type": "sleep", "payload": { "ms": 1000 } }'
Ctrl-C ends it.
`)
  await reloadOnChange(running, signal)
  console.log('finishing the tasks that run ...')
  return 0
})

async function reloadOnChange(running: Services, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  let reloads = Promise.resolve()
  const reload = async () => {
    try {
      await running.reload()
      console.log('services/ changed: built anew and restarted')
    } catch (error) {
      console.error(
        `services/ changed, what ran still runs: ${error instanceof Error ? error.message : error}`,
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
