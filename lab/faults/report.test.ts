import { expect, it } from 'vitest'
import { Ledger } from './ledger.ts'
import { type Run, violations } from './report.ts'

const rotation = { kind: 'credentials-rotated', from: 100, over: 200, to: 200, touched: 'all' } as const
const run: Run = {
  ...{ seed: 1, minutes: 3, account: new Ledger().account(), failures: [], leaks: [], exits: [] },
  ...{ memoryGrowth: [], retriesShare: 0, recoveries: [{ ...rotation, before: 100, seconds: 0 }] },
}
const refused = { seat: 'w1', how: 1, at: 150, said: ['{"msg":"access refused: the secret has changed"}'] }

it('a worker that meets its changed password is to end, but only while passwords are rotated', () => {
  expect(violations({ ...run, exits: [refused] })).toEqual([])
  const crash = ['1 processes ended by themselves']
  expect(violations({ ...run, exits: [{ ...refused, at: 201 }] })).toEqual(crash)
  expect(violations({ ...run, exits: [{ ...refused, said: [] }] })).toEqual(crash)
  expect(violations({ ...run, exits: [{ ...refused, how: 139 }] })).toEqual(crash)
})

it('a long run must have weighed a worker, and none may hold a tenth more than before', () => {
  expect(violations({ ...run, minutes: 30 })).toEqual(['1 run in which no worker could be weighed'])
  expect(violations({ ...run, minutes: 30, memoryGrowth: [1.1] })).toEqual([])
  expect(violations({ ...run, memoryGrowth: [1.0, 1.2] })).toEqual([
    '1 workers that hold a tenth more memory',
  ])
})
