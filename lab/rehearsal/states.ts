import { manage, path } from '../../services/amqp/management.ts'
import { until } from '../../test/support/until.ts'
import type { Show } from './phases.ts'
import type { Stage } from './stage.ts'

const wait = { timeoutSeconds: 60 }

/**
 * Follows tasks through the ledger by the API's routes: one that runs and is done, with its result; one that is dead,
 * with the reason, and after a redrive again, for what it holds is no better. Gives the ids of those that were done.
 */
export async function followStates({ caller, operator, broker, deployment }: Stage): Promise<string[]> {
  const [slow = '', quick = ''] = await caller.sendBatch([
    { type: 'sleep', payload: { ms: 3_000 } },
    { type: 'digest', payload: { rounds: 1 } },
  ])
  await until(async () => (await caller.task(slow)).state === 'running', {
    within: 30,
    what: `GET /tasks/${slow} to say that it runs`,
  })
  const { state, tries, result } = await caller.wait(quick, wait)
  expectSame(
    quick,
    { state, tries, result: Object.keys(Object(result)) },
    { state: 'done', tries: 1, result: ['sum'] },
  )
  expectSame(slow, { state: (await caller.wait(slow, wait)).state }, { state: 'done' })

  const queue = deployment.output('QueueName')
  const id = 'rehearsal-unreadable'
  await manage(broker.access, 'POST', path('exchanges', '/', queue, 'publish'), {
    properties: { delivery_mode: 2, message_id: id, type: 'sleep' },
    ...{ routing_key: queue, payload: '{"ms":"long"}', payload_encoding: 'string' },
  })
  const dead = async (since = '') => {
    const report = await caller.task(id)
    return report.state === 'dead' && (report.endedAt ?? '') > since ? report : undefined
  }
  const known = await until(() => dead().catch(() => undefined), {
    within: 60,
    what: `GET /tasks/${id} to say dead`,
  })
  expectSame(id, { named: known.reason?.includes('ms') }, { named: true })
  await operator.invoke({ action: 'redrive', dryRun: false })
  await until(() => dead(known.endedAt), { within: 60, what: `${id} to be dead anew after its redrive` })
  return [slow, quick]
}

/** @throws Error unless the ledger says of each that it is done. */
export async function allDoneInLedger({ caller }: Stage, ids: readonly string[], show: Show): Promise<void> {
  const others: string[] = []
  for (const [index, id] of ids.entries()) {
    const { state } = await caller.task(id)
    if (state !== 'done') others.push(`${id} ${state}`)
    if (index % 50 === 0) show(`  ${index} of ${ids.length} looked up in the ledger`)
  }
  if (others.length > 0) throw new Error(`done, and not so in the ledger: ${others.join(', ')}`)
}

function expectSame(id: string, seen: object, wanted: object): void {
  const [is, must] = [seen, wanted].map((each) => JSON.stringify(each))
  if (is !== must) throw new Error(`GET /tasks/${id} must tell ${must}, tells ${is}`)
}
