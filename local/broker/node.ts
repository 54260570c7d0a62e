import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Management } from '../../services/amqp/management.ts'
import { brokerVersion } from '../../services/topology/version.ts'
import type { BrokerNode } from './broker.ts'
import { erlangEnvironment, type NodeSettings, nodeEnvironment, startScript } from './node-settings.ts'
import { accepts } from './ports.ts'
import { lastLines } from './run.ts'
import type { Program, Room } from './runtime.ts'

const startSeconds = 60

/** A random secret: letters and digits only, since it stands in configuration files. */
export function randomSecret(): string {
  return randomBytes(24).toString('hex')
}

/** Makes one node of a room and starts it. `onStopped` is told when it was stopped for good. */
export async function createNode(
  room: Room,
  settings: NodeSettings,
  how: string,
  onStopped: () => Promise<void>,
): Promise<BrokerNode> {
  const managementUrl = `http://127.0.0.1:${settings.ports.management}`
  const access = { url: managementUrl, ...settings.admin }
  const environment = await nodeEnvironment(settings)
  const launch = () => room.start(settings.name, ['sh', '-c', startScript], environment)
  const ctl = (...args: string[]) =>
    room.run(['rabbitmqctl', '-n', settings.name, ...args], erlangEnvironment(settings))
  let program = launch()
  const version = await untilReady(program, access, settings)
  return {
    name: settings.name,
    version,
    how,
    amqpUrl: `${settings.tls === undefined ? 'amqp' : 'amqps'}://127.0.0.1:${settings.ports.amqp}`,
    managementUrl,
    vhost: '/',
    admin: settings.admin,
    ctl,
    async flush() {
      await ctl('eval', '[ok = dets:sync(Table) || Table <- dets:all()].')
    },
    pid: () => program.pid(),
    kill: () => program.end(),
    async start() {
      await program.end()
      program = launch()
      await untilReady(program, access, settings)
    },
    pause: () => program.signal('SIGSTOP'),
    continue: () => program.signal('SIGCONT'),
    async stop() {
      await program.end()
      await onStopped()
    },
  }
}

/** Waits until a node serves its management API and AMQP, and gives its version. */
async function untilReady(program: Program, access: Management, settings: NodeSettings): Promise<string> {
  const deadline = Date.now() + startSeconds * 1000
  while (Date.now() < deadline && !program.hasEnded()) {
    if (await accepts('127.0.0.1', settings.ports.amqp, 1000)) {
      const version = await brokerVersion(access).catch(() => undefined)
      if (version !== undefined) return version
    }
    await delay(50)
  }
  const printed = await program.output()
  const what = program.hasEnded() ? 'ended while starting' : `was not ready after ${startSeconds} s`
  await program.end()
  throw new Error(`the RabbitMQ node ${settings.name} ${what}; it printed: ${errorLines(printed)}`)
}

/** The first errors of a node's log, without time and process; its last lines when it has none. */
export function errorLines(log: string): string {
  const errors = log.split('\n').flatMap((line) => line.match(/\[error\] \S+ (.*\S)/)?.[1] ?? [])
  return errors.length === 0 ? lastLines(log, 8) : errors.slice(0, 8).join(' | ')
}
