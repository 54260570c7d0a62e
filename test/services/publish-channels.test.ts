import { EventEmitter } from 'node:events'
import type { ChannelModel, ConfirmChannel } from 'amqplib'
import { expect, test, vi } from 'vitest'
import type { OutgoingTask } from '../../services/amqp/batch.ts'
import { publishOnce } from '../../services/amqp/confirmed-publish.ts'
import { BrokerConnection, type KeptConnection } from '../../services/amqp/kept-connection.ts'
import { createLogger } from '../../services/telemetry/logger.ts'

const log = createLogger('error')
const task = (id: string): OutgoingTask => ({
  ...{ id, exchange: 'tasks', routingKey: 'tasks', content: Buffer.from('{}') },
  properties: {},
})

/** A line to a broker that confirms what `answers` says, and counts its channels. */
function connectionWith(answers: (id: string) => boolean) {
  const channels: (EventEmitter & { close: () => Promise<void>; ids: string[] })[] = []
  const model = Object.assign(new EventEmitter(), {
    async createConfirmChannel() {
      const ids: string[] = []
      const channel = Object.assign(new EventEmitter(), {
        ids,
        publish(
          _exchange: string,
          _key: string,
          _content: Buffer,
          { messageId }: { messageId: string },
          confirm: (error: null) => void,
        ) {
          ids.push(messageId)
          if (answers(messageId)) setImmediate(confirm, null)
        },
        close: vi.fn(async () => undefined),
      })
      channels.push(channel)
      return channel as unknown as ConfirmChannel
    },
  })
  const connection = new BrokerConnection(model as unknown as ChannelModel, log)
  const drop = vi.fn()
  const kept = { get: async () => connection, drop } as unknown as KeptConnection
  const publish = async (...ids: string[]) => {
    const tasks = ids.map((id) => ({ ...task(id), properties: { messageId: id } }))
    return [...(await publishOnce(kept, tasks, log, { confirmMs: 50 })).values()]
  }
  return { channels, connection, drop, publish }
}

test('two batches at a time never share a channel, one after the other they do', async () => {
  const { channels, publish } = connectionWith(() => true)
  await Promise.all([publish('a', 'b'), publish('c')])
  await Promise.all([publish('d'), publish('e')])
  expect(channels.map(({ ids }) => ids.length)).toEqual([3, 2])
  await publish('f')
  expect(channels).toHaveLength(2)
})

test('a channel with an answer still under way is closed, and no other batch meets it', async () => {
  const { channels, connection, drop, publish } = connectionWith((id) => id !== 'silent')
  expect(await publish('said', 'silent')).toEqual(['confirmed', 'no confirm in time'])
  expect(channels[0]?.close).toHaveBeenCalledOnce()
  expect(drop).toHaveBeenCalledExactlyOnceWith(connection)
  await publish('next')
  expect(channels).toHaveLength(2)
})

test('what the broker closes is not used again', async () => {
  const { channels, connection, publish } = connectionWith(() => true)
  await publish('a')
  channels[0]?.emit('close')
  await publish('b')
  expect(channels).toHaveLength(2)
  expect(await connection.takeChannel()).toBe(channels[1])
})
