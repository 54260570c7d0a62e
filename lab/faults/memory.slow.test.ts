import { expect, it } from 'vitest'
import { seededRandom } from '../random.ts'
import { campaign } from './campaign.ts'
import { faults } from './catalogue.ts'
import { lateRecoveries, violations } from './report.ts'
import { runOf } from './run-of.ts'
import { System } from './system.ts'

it('a worker that lives through three minutes of faults holds no more memory than after its first thousand tasks', {
  timeout: 600_000,
}, async () => {
  await using system = await System.start({ seed: 1, rate: 100 })
  const kinds = faults.filter(
    ({ claims, needs, slow }) => ['broker', 'network'].includes(claims) && needs === 'node' && !slow,
  )
  const failures: string[] = []
  await campaign(system, kinds, 3, seededRandom(1), {
    began: () => undefined,
    failed: (_, error) => void failures.push(String(error)),
  })
  await system.settle(120)
  await system.stopServices()
  const run = runOf(system, { seed: 1, minutes: 3, failures })
  console.log(
    `memory at the end, of that after 1,000 tasks: ${run.memoryGrowth.map((each) => each.toFixed(3)).join(', ')}`,
  )
  expect(run.memoryGrowth).toHaveLength(3)
  expect([...violations(run), ...lateRecoveries(run)]).toEqual([])
})
