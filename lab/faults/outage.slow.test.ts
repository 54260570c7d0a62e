import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { System } from './system.ts'

it('an outage of what half of the tasks need leaves the capacity to the other half', {
  timeout: 600_000,
}, async () => {
  // the delays of AWS: 10 s × failures; what always fails is dead after three and a half minutes instead of nine
  const settings = { retryMinSeconds: 10, retryMaxSeconds: 600, deliveryLimit: 6 }
  await using system = await System.start({ seed: 1, rate: 30, settings })
  const down = join(system.folder, 'downstream-is-down')
  await pause(5_000)
  writeFileSync(down, '')
  const { slotMs, doneAt } = system.seen
  const before = { ...slotMs, done: doneAt.length, confirmed: system.ledger.confirmed }
  const seconds = 120
  await pause(seconds * 1_000)
  const share = (slotMs.retries - before.retries) / (slotMs.all - before.all)
  const rate = (doneAt.length - before.done) / seconds
  const sent = (system.ledger.confirmed - before.confirmed) / seconds
  console.log(
    `retries took ${(share * 100).toFixed(1)} % of the slots' time; ${sent.toFixed(1)} tasks sent and ${rate.toFixed(1)} done per second`,
  )
  rmSync(down)
  expect(rate).toBeGreaterThan((0.9 * sent) / 2)
  expect(share).toBeLessThan(0.75)
  await system.settle(5 * 60)
  await system.stopServices()
  const { lost, wronglyDead } = system.ledger.account()
  expect({ lost, wronglyDead }).toEqual({ lost: [], wronglyDead: [] })
})
