import type { ChannelModel } from 'amqplib'
import { startNode } from '../../local/broker/start.ts'
import { openConnection } from '../../services/amqp/connection.ts'
import { fixedCredentials } from '../../services/amqp/credentials.ts'
import { ManagementError, manage, path } from '../../services/amqp/management.ts'
import { createQueue, type TestQueue } from '../../test/support/queue.ts'
import { type BrokerAttempt, ownQueue, type Prey, type Thief, thieves } from './attempt.ts'
import { managing } from './managing.ts'
import { reading } from './reading.ts'
import { shaping } from './shaping.ts'
import { writing } from './writing.ts'

/** By what it was refused: `possible` where it was not. */
export type Outcome = 'possible' | 'refused' | `fails (${string})`

/** What came of an attempt, for each thief. */
export interface Result {
  readonly what: string
  readonly why: string | undefined
  readonly outcomes: Readonly<Record<Thief, Outcome>>
}

export const brokerAttempts: readonly BrokerAttempt[] = [...writing, ...reading, ...shaping]
export const managementAttempts = managing

/** Who may do what, as the attempts have it. */
export function expected({ may }: { readonly may: readonly Thief[] }): Record<Thief, Outcome> {
  return perThief((thief) => (may.includes(thief) ? 'possible' : 'refused'))
}

function perThief<Value>(of: (thief: Thief) => Value): Record<Thief, Value> {
  return Object.fromEntries(thieves.map((thief) => [thief, of(thief)])) as Record<Thief, Value>
}

/**
 * Attacks a broker of its own, which has the users and permissions that a deploy makes, as each of them.
 * @param progress is told who is at it
 */
export async function assault(progress: (line: string) => void = () => undefined): Promise<{
  readonly broker: readonly Result[]
  readonly management: readonly Result[]
}> {
  await using stack = new AsyncDisposableStack()
  const node = await startNode()
  stack.defer(() => node.stop())
  const queues = {
    plain: stack.use(await createQueue(node)),
    sending: stack.use(await createQueue(node, { workerPublishes: true })),
  }
  const { name: other } = stack.use(await createQueue(node))
  const administrator = { url: node.managementUrl, ...node.admin }
  await manage(administrator, 'PUT', path('vhosts', 'another'))
  const connect = (role: string, of: TestQueue, vhost = node.vhost) => {
    const { BROKER_USERNAME: username, BROKER_PASSWORD: password } = of.environment(role as 'worker')
    const target = { url: node.amqpUrl, vhost, credentials: fixedCredentials({ username, password }) }
    return openConnection(target, { name: 'thief', heartbeatSeconds: 60, timeoutSeconds: 10 })
  }
  const results = new Map<string, Record<string, Outcome>>()
  const note = (what: string, thief: Thief, outcome: Outcome) => {
    results.set(what, { ...results.get(what), [thief]: outcome })
  }
  for (const thief of thieves) {
    progress(`a stolen password: ${thief} (${thieves.indexOf(thief) + 1} of ${thieves.length})`)
    const queue = thief === 'sending worker' ? queues.sending : queues.plain
    const role = thief === 'sending worker' ? 'worker' : thief
    const honest = await connect('worker', queue)
    const listener = await ownQueue(await honest.createConfirmChannel())
    const user = queue.environment(role).BROKER_USERNAME
    const prey: Prey = { queue: queue.name, other, listener, vhost: node.vhost, user }
    for (const attempt of brokerAttempts) {
      const connection = await connect(role, queue)
      const outcome = await tried(attempt, connection, prey)
      note(attempt.what, thief, outcome)
      await connection.close().catch(() => undefined)
      // the next one is to find everything in its place
      if (outcome === 'possible') await queue.apply()
    }
    const { BROKER_USERNAME: username, BROKER_PASSWORD: password } = queue.environment(role)
    for (const attempt of managing) {
      const as = { url: node.managementUrl, username, password }
      const asked = manage(as, attempt.method, attempt.path(prey), attempt.body)
      note(`management: ${attempt.what}`, thief, await outcomeOf(asked))
    }
    const entered = connect(role, queue, 'another').then((connection) => connection.close())
    note(anotherVhost, thief, await outcomeOf(entered))
    await honest.close()
  }
  const resultOf = ({ what, why }: { readonly what: string; readonly why?: string }, key = what): Result => ({
    ...{ what, why, outcomes: results.get(key) as Result['outcomes'] },
  })
  return {
    broker: [...brokerAttempts.map((attempt) => resultOf(attempt)), resultOf({ what: anotherVhost })],
    management: managing.map((attempt) => resultOf(attempt, `management: ${attempt.what}`)),
  }
}

export const anotherVhost = 'enter another vhost'

async function tried(attempt: BrokerAttempt, connection: ChannelModel, prey: Prey): Promise<Outcome> {
  connection.on('error', () => undefined)
  const channel = await connection.createConfirmChannel()
  const closed = new Promise<never>((_, reject) => channel.once('error', reject))
  closed.catch(() => undefined)
  return outcomeOf(Promise.race([attempt.go(channel, prey, connection), closed]))
}

/** An error that is no refusal of the broker is told as it is: an attempt that is itself wrong would seem to be refused. */
async function outcomeOf(attempt: Promise<unknown>): Promise<Outcome> {
  try {
    await attempt
    return 'possible'
  } catch (error) {
    const { message } = error as Error
    const isRefusal =
      error instanceof ManagementError
        ? [401, 403].includes(error.status) || message.includes('ACCESS_REFUSED')
        : refusals.test(message)
    return isRefusal ? 'refused' : `fails (${message.slice(0, 200)})`
  }
}

/**
 * No right; a queue that is another connection's; a name of another user, or a queue without a name of a kind that needs
 * one; a vhost that is not the user's.
 */
const refusals =
  /403 \(ACCESS.REFUSED\)|405 \(RESOURCE.LOCKED\)|406 \(PRECONDITION.FAILED\)|Expected ConnectionOpenOk/
