import { cancel } from '../../services/operator/cancel.ts'
import { setPaused } from '../../services/operator/pause.ts'
import { until } from '../../test/support/until.ts'
import { goesOn } from './cluster-faults.ts'
import type { Fault } from './fault.ts'
import { asOperator } from './operator-faults.ts'
import { patienceSeconds } from './patience.ts'
import type { System } from './system.ts'

const operated = { needs: 'cluster', claims: 'everything', slow: true } as const

const paused = (system: System, pausing: boolean) =>
  asOperator(system, pausing ? 'the queue is paused' : 'the queue is resumed', async (connection, queue) => {
    const { consumers } = await setPaused(connection, queue, pausing)
    return !pausing || consumers === 0
  })

/**
 * The leader dies and comes back, and none of the workers is the one that heard what the operator said.
 * @returns what resolves when they consume
 */
async function renew({ admin, workers }: System): Promise<{ readonly consuming: Promise<unknown> }> {
  const leader = await admin.leader()
  await leader.kill()
  await leader.start()
  const consuming = Promise.all(workers.map((worker) => worker.replace('SIGKILL')))
  consuming.catch(() => undefined)
  return { consuming }
}

/** What operators have said outlives the node on which they said it, and the workers that heard it. */
export const nodesOperatorFaults: readonly Fault[] = [
  {
    ...operated,
    kind: 'paused-while-the-leader-dies',
    async inject(system, _, over) {
      const { admin, workload } = system
      await paused(system, true)
      const ids = workload.add(20, 'trial', {})
      let renewed: Awaited<ReturnType<typeof renew>> | undefined
      try {
        renewed = await renew(system)
        await until(async () => (await admin.counts(admin.queue)).messageCount >= ids.length, {
          within: patienceSeconds,
          what: 'tasks wait in the paused queue',
        })
        const done = ids.filter((id) => system.done([id]))
        if (done.length > 0) throw new Error(`${done.length} tasks were done while the queue was paused`)
      } finally {
        await paused(system, false)
      }
      over()
      await renewed.consuming
      await system.untilDone(ids)
      return 'all'
    },
  },
  {
    ...operated,
    kind: 'cancelled-while-the-leader-dies',
    async inject(system, _, over) {
      const { ledger, workload } = system
      // due when everything is back: those that were cancelled are thrown away by workers that were not there
      const ids = workload.add(10, 'trial', {}, 20)
      const others = workload.add(10, 'trial', {}, 20)
      await until(() => [...ids, ...others].every((id) => ledger.confirmedIds.has(id)), {
        within: patienceSeconds,
        what: 'tasks for later are confirmed',
      })
      ledger.cancelled(ids)
      await asOperator(system, 'tasks are cancelled', (connection, queue) =>
        cancel(connection, queue, { ids, undo: false }),
      )
      await (await renew(system)).consuming
      over()
      await goesOn(system)
      await system.untilDone(others)
      const done = ids.filter((id) => system.done([id]))
      if (done.length > 0) throw new Error(`${done.length} tasks were done though they had been cancelled`)
      return 'all'
    },
  },
]
