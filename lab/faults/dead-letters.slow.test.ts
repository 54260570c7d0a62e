import { expect, it } from 'vitest'
import { seededRandom } from '../random.ts'
import { brokerFaults } from './broker-faults.ts'
import { inject } from './catalogue.ts'
import { System } from './system.ts'

it('dead letters that found their queue full arrive within six minutes', { timeout: 600_000 }, async () => {
  await using system = await System.start({ seed: 1, rate: 20 })
  for (const fault of brokerFaults.filter(({ kind }) => kind === 'dead-letter-queue-full'))
    await inject(fault, system, seededRandom(1))
  await system.settle(7 * 60)
  await system.stopServices()
  const { lost, deadLettered, repeats } = system.ledger.account()
  expect({ lost, repeats }).toEqual({ lost: [], repeats: [] })
  expect(deadLettered).toBeGreaterThanOrEqual(20)
})
