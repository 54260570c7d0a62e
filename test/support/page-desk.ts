import type { Broker } from '../../local/broker/broker.ts'
import type { Member } from '../../local/crew.ts'
import type { Desk } from '../../local/page/desk.ts'
import type { LogRecord } from '../../local/service-process.ts'
import { openOtherLines, openTaskLog } from '../../local/task-log.ts'
import type { WorkQueue } from '../../local/work-queue.ts'
import { deskOf } from '../../ops/console/desk.ts'
import { localTarget } from '../../ops/target/local.ts'
import type { TaskLogLine } from '../../services/contract/log.ts'

/** A page's desk for a queue that is not `npm run dev`'s, and the logs that it reads. */
export interface PageDesk {
  readonly desk: Desk
  task(line: TaskLogLine): void
  record(record: LogRecord, by: Member): void
  close(): void
}

export function openPageDesk(broker: Omit<Broker, 'stop'>, queue: WorkQueue, endpoint: string): PageDesk {
  const { amqpUrl: brokerUrl, managementUrl, vhost } = broker
  const target = localTarget(
    {
      ...{ endpoint, brokerUrl, managementUrl, vhost, pid: process.pid, queue: queue.name },
      ...{ ledger: false, moreQueues: [] },
      ...{ probe: queue.user('probe'), operator: queue.user('operator'), allQueues: [queue.name] },
    },
    'local',
  )
  const [tries, others] = [openTaskLog(queue.name), openOtherLines(queue.name)]
  return {
    desk: deskOf(target, [target]),
    task: (line) => tries.append(line),
    record(record, by) {
      if (typeof record['id'] === 'string') others.append({ ...record, '@from': by.class })
    },
    close() {
      tries.close()
      others.close()
    },
  }
}
