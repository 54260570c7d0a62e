import type { Broker } from '../../local/broker/broker.ts'
import { retryDefaults, type TopologySettings } from '../../services/contract/topology.ts'
import { createQueue, type TestQueue } from '../../test/support/queue.ts'
import { openAs } from '../../test/support/topology.ts'
import type { WireMessage } from './wire.ts'

/** A work queue with the product's definitions and policies, filled and watched by the benchmark. */
export interface BenchQueue extends AsyncDisposable, Pick<TestQueue, 'name' | 'environment'> {
  readonly broker: Omit<Broker, 'stop'>
  /** Publishes pipelined; resolves when the broker has confirmed all. */
  fill(messages: readonly WireMessage[]): Promise<void>
  /** Asks the queue's leader, by passive declare: exact at that moment. What is delivered is not ready any more. */
  counts(): Promise<{ readonly ready: number; readonly consumers: number }>
}

/** Makes one with a random name; `await using` removes it. */
export async function createBenchQueue(
  broker: Omit<Broker, 'stop'>,
  settings: Pick<Partial<TopologySettings>, 'maxLength'> = {},
): Promise<BenchQueue> {
  const queue = await createQueue(broker, { ...retryDefaults, ...settings })
  const connection = await openAs(broker, broker.admin.username, broker.admin.password)
  const publishing = await connection.createConfirmChannel()
  const watching = await connection.createChannel()
  // what waits for them fails with them
  for (const channel of [publishing, watching]) channel.on('error', () => undefined)
  return {
    ...{ name: queue.name, environment: queue.environment, broker },
    async fill(messages) {
      for (const { content, properties } of messages) {
        publishing.publish(queue.name, queue.name, content, properties)
      }
      await publishing.waitForConfirms()
    },
    async counts() {
      const { messageCount, consumerCount } = await watching.checkQueue(queue.name)
      return { ready: messageCount, consumers: consumerCount }
    },
    async [Symbol.asyncDispose]() {
      await connection.close()
      await queue[Symbol.asyncDispose]()
    },
  }
}
