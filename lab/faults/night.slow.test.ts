import { expect, it } from 'vitest'
import { checkHistory } from '../checker/check.ts'
import { seededRandom } from '../random.ts'
import { asked, faults, inject } from './catalogue.ts'
import { violations } from './report.ts'
import { runOf } from './run-of.ts'
import { System } from './system.ts'

const seed = 1
/** Those that strike one node and are not in `npm test`, but for the two that have tests of their own. */
const own = ['dead-letter-queue-full', 'broker-stopped-for-long']
const nightly = faults.filter(
  (fault) => fault.needs === 'node' && fault.slow && !own.includes(fault.kind) && asked(fault),
)

it('one after the other, faults that npm test leaves out lose nothing and repeat nothing without a reason', {
  timeout: 600_000,
}, async () => {
  await using system = await System.start({ seed, rate: 60 })
  const random = seededRandom(seed)
  for (const fault of nightly) await inject(fault, system, random.fork())
  await system.settle()
  await system.stopServices()
  const run = runOf(system, { seed, minutes: 0, failures: [] })
  expect(run.account.repeats.filter(({ because }) => because === undefined)).toEqual([])
  expect(violations(run)).toEqual([])
  expect((await checkHistory(await system.history())).violations).toEqual([])
  if (!process.env['FAULTS_ONLY']) expect(run.account.confirmed).toBeGreaterThan(500)
})
