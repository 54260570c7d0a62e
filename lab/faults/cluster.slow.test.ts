import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkHistory } from '../checker/check.ts'
import { seededRandom } from '../random.ts'
import { asked, faults, inject } from './catalogue.ts'
import { violations } from './report.ts'
import { runOf } from './run-of.ts'
import { System } from './system.ts'

const longTaskSeconds = 600
const clusterFaults = faults.filter(({ needs }) => needs === 'cluster')

/** Three nodes with Amazon MQ's default policies, and each of what happens to them. */
describe('a cluster under load', () => {
  let system: System
  const random = seededRandom(1)
  beforeAll(async () => {
    // five minutes more than its longest task, as on AWS
    const settings = { consumerTimeoutSeconds: longTaskSeconds + 300 }
    system = await System.start({ seed: 1, rate: 40, nodes: 3, settings })
  }, 180_000)
  afterAll(() => system?.[Symbol.asyncDispose]())

  it.each(clusterFaults.filter(asked))('goes on: $kind', async (fault) => {
    const before = system.ledger.confirmed
    await inject(fault, system, random)
    await system.untilDone(system.workload.add(10, 'trial', {}))
    expect(system.ledger.confirmed).toBeGreaterThan(before)
    // as Amazon MQ's maintenance closes connections
    if (fault.kind === 'rolling-restart') expect(system.seen.losses.join()).toContain('320')
  })

  it('a ten-minute task survives a rolling restart', {
    timeout: 20 * 60_000,
  }, async (context) => {
    if (!clusterFaults.every(asked))
      context.skip('FAULTS_ONLY names single faults: ten minutes prove no more')
    const ms = longTaskSeconds * 1_000
    const [id = ''] = system.workload.add(1, 'trial', { ms, misbehave: 'announce', tries: 1 })
    await system.untilBegun(id)
    for (const fault of clusterFaults.filter(({ kind }) => kind === 'rolling-restart'))
      await inject(fault, system, random)
    await system.untilDone([id], 1.5 * longTaskSeconds)
    expect(system.done([id])).toBe(true)
  })

  it('has lost nothing and done nothing twice without a reason', async () => {
    await system.settle(120)
    await system.stopServices()
    const run = runOf(system, { seed: 1, minutes: 0, failures: [] })
    expect(violations(run)).toEqual([])
    expect(run.account.wronglyDead).toEqual([])
    expect((await checkHistory(await system.history())).violations).toEqual([])
  })
})
