import { expect, it } from 'vitest'
import { System } from './system.ts'

/** Far more than ten slots do during one restart. */
const stock = 4_000

it('20 rolling restarts of all workers while tasks flow: each is tried once', {
  timeout: 1_200_000,
}, async () => {
  await using system = await System.start({ seed: 1, rate: 0 })
  const ids: string[] = []
  const waiting = () => {
    system.readEffects()
    return ids.filter((id) => !system.ledger.isDone(id)).length
  }
  let restarts = 0
  for (let round = 0; round < 20; round += 1) {
    for (const worker of system.workers) {
      if (waiting() < stock)
        ids.push(
          ...system.workload.add(stock, 'trial', { ms: 60, cpuMs: 1 }),
          ...system.workload.add(stock / 4, 'distant-trial', { ms: 60, cpuMs: 1 }),
        )
      expect(await worker.replace('SIGTERM')).toBe(0)
      // the restarts are no help if nothing was going on any more
      expect(waiting()).toBeGreaterThan(0)
      restarts += 1
    }
  }
  await system.untilDone(ids, 600)
  await system.settle()
  await system.stopServices()
  expect(restarts).toBe(80)
  const { lost, unexpected, repeats } = system.ledger.account()
  expect({ lost, unexpected, repeats }).toEqual({ lost: [], unexpected: [], repeats: [] })
  expect(system.seen.redelivered).toBe(0)
  expect(system.seen.tries - (system.seen.outcomes.get('unreadable') ?? 0)).toBe(ids.length)
})
