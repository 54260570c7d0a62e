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
  const { slotMs } = system.seen
  const before = { ...slotMs, confirmed: system.ledger.confirmed }
  await pause(90_000)
  system.readEffects()
  const confirmed = system.ledger.confirmed - before.confirmed
  const due = system.ledger.unsettled().filter((id) => needsNothing(id) && !system.ledger.isDoomed(id))
  // while it lasts: a busy machine may be behind, tasks that wait for retries may not take its capacity
  await system.untilDone(due, 110)
  const share = (slotMs.retries - before.retries) / (slotMs.all - before.all)
  console.log(
    `${confirmed} tasks sent; ${due.length} of those that need nothing waited; retries took ${(share * 100).toFixed(1)} % of the slots' time`,
  )
  rmSync(down)
  expect(confirmed).toBeGreaterThan(500)
  expect(share).toBeLessThan(0.75)
  await system.settle(5 * 60)
  await system.stopServices()
  const { lost, wronglyDead } = system.ledger.account()
  expect({ lost, wronglyDead }).toEqual({ lost: [], wronglyDead: [] })
})

/** As the handler has it, of the task and of the one that has sent it. */
const needsNothing = (id: string) => id.split('.').every((part) => part.charCodeAt(part.length - 1) % 2 === 0)
