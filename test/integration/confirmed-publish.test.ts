import { expect, inject, test } from 'vitest'
import { publishOnce } from '../../services/amqp/confirmed-publish.ts'
import { fixedCredentials } from '../../services/amqp/credentials.ts'
import { KeptConnection } from '../../services/amqp/kept-connection.ts'
import { routeTo } from '../../services/contract/route.ts'
import { encodeTask } from '../../services/contract/task.ts'
import { createLogger } from '../../services/telemetry/logger.ts'
import { createQueue } from '../support/queue.ts'

test('an exchange that is not there costs its tasks, not the connection that others publish on', async () => {
  const broker = inject('broker')
  await using queue = await createQueue(broker, { producer: { connections: 2, moreQueues: ['not-there'] } })
  const { BROKER_USERNAME: username, BROKER_PASSWORD: password } = queue.environment('producer')
  const credentials = fixedCredentials({ username, password })
  const log = createLogger('error')
  const kept = new KeptConnection({ url: broker.amqpUrl, vhost: broker.vhost, credentials }, 'test', log)
  const publish = async (...queues: readonly string[]) => {
    const tasks = queues.map((name, index) => {
      const id = String(index)
      return { id, ...routeTo(name), ...encodeTask({ id, type: 'sleep', payload: {}, queuedAt: Date.now() }) }
    })
    return [...(await publishOnce(kept, tasks, log, { confirmMs: 5_000 })).values()]
  }
  try {
    await publish(queue.name)
    const before = await kept.get()
    expect(await publish('not-there', queue.name)).toContain('unroutable')
    expect(await kept.get()).toBe(before)
    expect(await publish(queue.name)).toEqual(['confirmed'])
    expect(kept.reconnects).toBe(0)
  } finally {
    await kept.close()
  }
})
