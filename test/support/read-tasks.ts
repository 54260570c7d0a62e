import { connect } from 'amqplib'
import { decodeTask, type Task } from '../../services/contract/task.ts'
import type { TestQueue } from './queue.ts'

/**
 * Takes all ready messages off the work queue and gives them as tasks, oldest first.
 * @throws Error when one is not a task
 */
export async function readTasks(queue: TestQueue): Promise<Task[]> {
  const { BROKER_URL, BROKER_VHOST, BROKER_USERNAME, BROKER_PASSWORD } = queue.environment('worker')
  const url = new URL(`${BROKER_URL}/${encodeURIComponent(BROKER_VHOST)}`)
  url.username = BROKER_USERNAME
  url.password = BROKER_PASSWORD
  const connection = await connect(url.href, { noDelay: true })
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
