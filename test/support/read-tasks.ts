import { brokerAccess, openConnection } from '../../services/amqp/connection.ts'
import { decodeTask, type Task } from '../../services/contract/task.ts'
import { createLogger } from '../../services/telemetry/logger.ts'
import type { TestQueue } from './queue.ts'

/**
 * Takes all ready messages off the work queue and gives them as tasks, oldest first.
 * @throws Error when one is not a task
 */
export async function readTasks(queue: TestQueue): Promise<Task[]> {
  const access = brokerAccess(queue.environment('worker'), createLogger('error'))
  const connection = await openConnection(access, { name: 'test', heartbeatSeconds: 60, timeoutSeconds: 10 })
  const channel = await connection.createChannel()
  const tasks: Task[] = []
  for (;;) {
    const message = await channel.get(queue.name, { noAck: true })
    if (message === false) break
    const decoded = decodeTask(message)
    if (!decoded.ok) throw new Error(decoded.reason)
    tasks.push(decoded.task)
  }
  await channel.close()
  await connection.close()
  return tasks
}
