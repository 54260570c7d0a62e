import { randomUUID } from 'node:crypto'
import type { ConfirmChannel } from 'amqplib'
import { encodeTask } from '../../services/contract/task.ts'
import type { TestQueue } from '../support/queue.ts'
import { connectAs } from './bare.ts'

/** Puts tasks of type `nothing` into a queue: 2,000 at a time, each lot confirmed. */
export interface Filler extends AsyncDisposable {
  fill(tasks: number): Promise<void>
}

const lot = 2_000

/** Opens a connection as the producer. */
export async function makeFiller(queue: TestQueue): Promise<Filler> {
  const connection = await connectAs(queue.environment('producer'))
  const channel = await connection.createConfirmChannel()
  return {
    async fill(tasks) {
      for (let left = tasks; left > 0; left -= lot) await publish(channel, queue.name, Math.min(left, lot))
    },
    [Symbol.asyncDispose]: () => connection.close(),
  }
}

async function publish(channel: ConfirmChannel, queue: string, tasks: number): Promise<void> {
  for (let task = 0; task < tasks; task += 1) {
    const { content, properties } = encodeTask({
      id: randomUUID(),
      type: 'nothing',
      payload: {},
      queuedAt: Date.now(),
    })
    channel.publish(queue, queue, content, properties)
  }
  // fails when the broker refuses one
  await channel.waitForConfirms()
}
