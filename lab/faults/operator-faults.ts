import type { ChannelModel } from 'amqplib'
import { fixedCredentials } from '../../services/amqp/credentials.ts'
import { cancel } from '../../services/operator/cancel.ts'
import { withConnection } from '../../services/operator/connection.ts'
import { setPaused } from '../../services/operator/pause.ts'
import { until } from '../../test/support/until.ts'
import type { Fault } from './fault.ts'
import { patienceSeconds } from './patience.ts'
import type { System } from './system.ts'

/**
 * Does something as the operator, again where another fault takes the connection, as operators are told to; on the next
 * node, as the load balancer has it.
 */
export function asOperator<Result>(
  { nodes, admin }: System,
  what: string,
  work: (connection: ChannelModel, queue: string) => Promise<Result>,
): Promise<Exclude<Result, false | null | undefined>> {
  let attempts = 0
  const attempt = () => {
    const { BROKER_USERNAME: username, BROKER_PASSWORD: password } = admin.credentials('operator')
    const node = nodes[attempts % nodes.length]
    attempts += 1
    const credentials = fixedCredentials({ username, password })
    return withConnection({ url: node?.amqpUrl ?? '', vhost: '/', credentials }, (connection) =>
      work(connection, admin.queue),
    )
  }
  return until(attempt, { within: patienceSeconds, what })
}

/** What operators do while tasks flow and other things go wrong. */
export const operatorFaults: readonly Fault[] = [
  {
    needs: 'node',
    claims: 'workers',
    kind: 'queue-paused',
    async inject(system, random, over) {
      const { admin, workload } = system
      await asOperator(system, 'the queue is paused', async (connection, queue) => {
        return (await setPaused(connection, queue, true)).consumers === 0
      })
      const ids = workload.add(20, 'trial', {})
      // what comes in its place finds the queue paused
      const seat = random.pick(system.workers)
      const replaced = seat.replace('SIGKILL')
      await until(async () => (await admin.counts(admin.queue)).messageCount >= ids.length, {
        within: patienceSeconds,
        what: 'tasks wait in the paused queue',
      })
      const done = ids.filter((id) => system.done([id]))
      if (done.length > 0) throw new Error(`${done.length} tasks were done while the queue was paused`)
      await asOperator(system, 'the queue is resumed', (connection, queue) =>
        setPaused(connection, queue, false),
      )
      over()
      await replaced
      await system.untilDone(ids)
      return [seat.name]
    },
  },
  {
    needs: 'node',
    claims: 'workers',
    kind: 'tasks-cancelled',
    async inject(system, _, over) {
      const { workload, ledger, seen } = system
      const endings = (id: string) => seen.failuresOf.get(id)?.map(({ outcome }) => outcome) ?? []
      const cancelOne = async () => {
        const from = Date.now()
        const [runs = ''] = workload.add(1, 'trial', { misbehave: 'linger', tries: 1 })
        await system.untilBegun(runs)
        // some of these are done before they are cancelled
        const ids = [runs, ...workload.add(30, 'trial', { ms: 100 })]
        ledger.cancelled(ids)
        await asOperator(system, 'tasks are cancelled', (connection, queue) =>
          cancel(connection, queue, { ids, undo: false }),
        )
        over()
        const noticed = await seen.noticed([runs], 'cancelled', from)
        // one that another fault has cut short before may be done by its next try
        if (endings(runs)[0] === 'cancelled' && system.done([runs]))
          throw new Error('a task was done although it was cancelled while it ran')
        return noticed
      }
      while (!(await cancelOne()));
      return []
    },
  },
]
