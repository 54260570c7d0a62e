import { expect, it } from 'vitest'
import { seededRandom } from '../random.ts'
import { asked, inject } from './catalogue.ts'
import { keptFaults, treated } from './kept-faults.ts'
import { violations } from './report.ts'
import { runOf } from './run-of.ts'
import { statesWrong } from './states.ts'
import { System } from './system.ts'

const seed = 1

/** Settles, and has counted: nothing lost, nothing done twice without a reason, and each state in the ledger right. */
async function expectRight(system: System): Promise<void> {
  await system.settle(600)
  await system.stopServices()
  const run = runOf(system, { seed, minutes: 0, failures: [], statesWrong: await statesWrong(system) })
  const { confirmed, done, deadLettered, lost, repeats } = run.account
  console.log(
    `${confirmed} confirmed, ${done} done, ${deadLettered} dead, ${lost.length} lost, ${repeats.length} done twice, ${run.statesWrong?.length} wrong states`,
  )
  expect(run.statesWrong).toEqual([])
  expect(run.account.repeats.filter(({ because }) => because === undefined)).toEqual([])
  expect(violations(run)).toEqual([])
  expect(confirmed).toBeGreaterThan(200)
}

it('a ledger that is slow, throttled, silent or away for some seconds: nothing is lost, and states are right', {
  timeout: 1_200_000,
}, async () => {
  await using system = await System.start({ seed, rate: 30, kept: true })
  const random = seededRandom(seed)
  for (const fault of keptFaults.filter(asked)) await inject(fault, system, random.fork())
  await expectRight(system)
})

it('a ledger that is killed for two minutes under load: nothing is lost, done twice or recorded wrongly', {
  timeout: 1_800_000,
}, async () => {
  // as on AWS, a worker may hold a task for minutes
  const settings = { consumerTimeoutSeconds: 360 }
  await using system = await System.start({ seed, rate: 30, kept: true, settings })
  await system.untilDone(system.workload.add(50, 'trial', {}))
  const from = Date.now()
  const before = system.ledger.confirmed
  await treated(system, () => 'refuse', 120_000)
  // both refuse: but for what was under way nothing was accepted, and nothing acknowledged
  expect(system.ledger.confirmed - before).toBeLessThanOrEqual(200)
  system.ledger.episode({ kind: 'ledger-away', from, over: Date.now(), to: Date.now(), touched: [] })
  await system.untilDone(system.workload.add(50, 'trial', {}), 600)
  await expectRight(system)
  // the worker held what it had done: it was not done again
  expect(system.ledger.account().repeats).toEqual([])
})
