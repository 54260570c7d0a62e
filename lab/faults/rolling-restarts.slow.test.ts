import { expect, it } from 'vitest'
import { System } from './system.ts'

it('20 rolling restarts of all workers while 14,000 tasks flow: each is tried once', {
  timeout: 600_000,
}, async () => {
  await using system = await System.start({ seed: 1, rate: 0 })
  // for eight slots more work than the restarts take
  const ids = system.workload.add(14_000, 'trial', { ms: 60, cpuMs: 1 })
  let restarts = 0
  let whileFlowing = 0
  for (let round = 0; round < 20; round += 1) {
    for (const worker of system.workers) {
      if (!system.done(ids)) whileFlowing += 1
      expect(await worker.replace('SIGTERM')).toBe(0)
      restarts += 1
    }
  }
  await system.untilDone(ids, 300)
  await system.settle()
  await system.stopServices()
  expect(restarts).toBe(60)
  // the restarts are no help if nothing was going on any more
  expect(whileFlowing).toBe(60)
  const { lost, unexpected, repeats } = system.ledger.account()
  expect({ lost, unexpected, repeats }).toEqual({ lost: [], unexpected: [], repeats: [] })
  expect(system.seen.redelivered).toBe(0)
  expect(system.seen.tries - (system.seen.outcomes.get('unreadable') ?? 0)).toBe(ids.length)
})
