import { expect, it } from 'vitest'
import { seededRandom } from '../random.ts'
import { brokerFaults } from './broker-faults.ts'
import { inject } from './catalogue.ts'
import { System } from './system.ts'

it('a broker that is stopped for half a minute costs no task', { timeout: 300_000 }, async () => {
  await using system = await System.start({ seed: 1, rate: 20 })
  for (const fault of brokerFaults.filter(({ kind }) => kind === 'broker-stopped-for-long'))
    await inject(fault, system, seededRandom(1))
  await system.untilDone(system.workload.add(20, 'trial', {}))
  await system.settle()
  await system.stopServices()
  const { lost, repeats, confirmed } = system.ledger.account()
  const unexplained = repeats.filter(({ because }) => because === undefined)
  expect({ lost, unexplained }).toEqual({ lost: [], unexplained: [] })
  expect(confirmed).toBeGreaterThan(20)
})
