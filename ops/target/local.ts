import { createClient } from '../../client/src/client.ts'
import { type LocalEnvironment, readLocal } from '../../local/local-file.ts'
import { followTaskLog } from '../../local/task-log.ts'
import { schedulesIn } from '../../services/contract/schedule.ts'
import { schedules } from '../../services/tasks/schedules.ts'
import { brokerVersion } from '../../services/topology/version.ts'
import { localControl } from './local-control.ts'
import { localDeadLetters } from './local-dead-letters.ts'
import { localSchedules } from './local-schedules.ts'
import { localTaskRecords } from './local-task-records.ts'
import { watchLocal } from './local-watcher.ts'
import { toItsEnd } from './request.ts'
import type { Target } from './target.ts'

/**
 * @param queue one that is not the default one
 * @throws Error when `npm run dev` is not up, or has not this queue
 */
export async function findLocal(queue: string | undefined): Promise<Target> {
  const local = await readLocal()
  if (local === undefined) {
    throw new Error('nothing runs locally: start it with npm run dev, in another terminal')
  }
  const own = queue === undefined ? local : local.moreQueues.find((each) => each.queue === queue)
  if (own === undefined) {
    throw new Error(`npm run dev has no queue ${queue} yet: save a file in services/, or start it anew`)
  }
  const allQueues = [local, ...local.moreQueues].map((each) => each.queue)
  return localTarget({ ...local, ...own, allQueues }, queue === undefined ? 'local' : `local/${queue}`)
}

/** A queue of a local run. */
export function localTarget(
  local: LocalEnvironment & { readonly allQueues: readonly string[] },
  name: string,
): Target {
  const { endpoint, queue } = local
  return {
    name,
    environment: 'local',
    queue,
    endpoint,
    classes: [],
    client: createClient({ endpoint, fetch: toItsEnd }),
    followTasks({ since, idPrefix }) {
      const follow = followTaskLog(queue, Number.POSITIVE_INFINITY)
      const from = new Date(since).toISOString()
      return { read: async () => follow().filter(({ id, time }) => id.startsWith(idPrefix) && time >= from) }
    },
    watch: () => watchLocal(local),
    examineBroker: async () => ({
      brokerVersion: await brokerVersion({ url: local.managementUrl, ...local.probe }),
      disagreeing: [],
    }),
    findings: async () => [],
    schedules: async () => localSchedules(schedulesIn('local', schedules), local.allQueues, Date.now()),
    deadLetters: localDeadLetters(local),
    taskRecords: localTaskRecords(local.allQueues),
    control: localControl(local),
    workersRemedy: 'look at the output of npm run dev; a change in services/ restarts the workers',
  }
}
