import { beforeEach, describe, expect, it } from 'vitest'
import type { Outcome } from '../../services/contract/log.ts'
import { seededRandom } from '../random.ts'
import { Ledger } from './ledger.ts'
import { recoveries } from './recovery.ts'

describe('the ledger', () => {
  let ledger: Ledger
  beforeEach(() => {
    ledger = new Ledger()
    ledger.attempt('a', false)
    ledger.sent('a', { producer: 'p1', from: 0, to: 10 }, true)
  })
  const line = (id: string, outcome: Outcome) =>
    ledger.line({ id, outcome, class: 'w1', startedAt: new Date(20).toISOString(), durationMs: 10 })
  const run = (worker: string, from: number, to: number) => ledger.effect({ id: 'a', worker, from, to })

  it('a confirmed task that is neither done nor dead is lost', () => {
    expect(ledger.account().lost).toEqual(['a'])
    run('w1', 20, 30)
    expect(ledger.account().lost).toEqual([])
  })

  it('a task that was not confirmed is never lost', () => {
    ledger.attempt('b', false)
    ledger.sent('b', { producer: 'p1', from: 0, to: 10 }, false)
    expect(ledger.account().lost).toEqual(['a'])
  })

  it('a task that nobody sent is unexpected, done or dead', () => {
    ledger.effect({ id: 'x', worker: 'w1', from: 0, to: 1 })
    ledger.dead('y', 'rejected')
    expect(ledger.account().unexpected).toEqual(['x', 'y'])
  })

  it('a repeat is explained by a fault that touched the first run, and by no other', () => {
    run('w1', 2_000, 2_100)
    run('w2', 5_000, 5_100)
    ledger.episode({ kind: 'elsewhere', from: 2_050, over: 2_060, to: 2_060, touched: ['w2'] })
    ledger.episode({ kind: 'too-early', from: 1_000, over: 1_900, to: 1_900, touched: 'all' })
    ledger.episode({ kind: 'too-late', from: 3_200, over: 6_000, to: 6_000, touched: 'all' })
    expect(ledger.account().repeats).toMatchObject([{ because: undefined }])
    ledger.episode({ kind: 'worker-killed', from: 2_050, over: 2_055, to: 2_060, touched: ['w1'] })
    expect(ledger.account().repeats).toMatchObject([{ id: 'a', worker: 'w2', because: 'worker-killed' }])
  })

  it('a repeat is explained though the first run was written down after it', () => {
    run('w2', 5_000, 5_100)
    run('w1', 2_000, 2_100)
    ledger.episode({ kind: 'worker-frozen', from: 2_050, over: 6_000, to: 6_000, touched: ['w1'] })
    expect(ledger.account().repeats).toMatchObject([{ worker: 'w2', because: 'worker-frozen' }])
  })

  it('a repeat is explained by a fault that touched its producer while it was sent', () => {
    run('w1', 2_000, 2_100)
    run('w2', 5_000, 5_100)
    ledger.episode({ kind: 'confirms-delayed', from: 5, over: 6, to: 6, touched: ['p1'] })
    expect(ledger.account().repeats).toMatchObject([{ because: 'confirms-delayed (sent twice)' }])
  })

  it('a repeat of a task for later is explained by what struck the broker since it was sent, and by nothing else', () => {
    ledger.attempt('later', false)
    ledger.sent('later', { producer: 'p1', from: 0, to: 10, due: 1_000 }, true)
    ledger.effect({ id: 'later', worker: 'w1', from: 20_000, to: 20_010 })
    ledger.effect({ id: 'later', worker: 'w2', from: 24_000, to: 24_010 })
    run('w1', 20_000, 20_010)
    run('w2', 24_000, 24_010)
    ledger.episode({ kind: 'ledger-away', from: 100, over: 200, to: 9_000, touched: 'all', ofBroker: false })
    expect(ledger.account().repeats.map(({ because }) => because)).toEqual([undefined, undefined])
    ledger.episode({ kind: 'node-killed', from: 100, over: 200, to: 9_000, touched: 'all', ofBroker: true })
    expect(ledger.account().repeats.map(({ id, because }) => [id, because])).toEqual([
      ['later', 'node-killed (handed down twice)'],
      ['a', undefined],
    ])
  })

  it('what the handler of a confirmed task sends is lost if it is neither done nor dead', () => {
    ledger.attempt('parent', false, 2)
    expect(ledger.account().lost).toEqual(['a'])
    ledger.sent('parent', { producer: 'p1', from: 0, to: 10 }, true)
    ledger.effect({ id: 'parent.1', worker: 'w1', from: 100, to: 110 })
    expect(ledger.account()).toMatchObject({ lost: ['a', 'parent', 'parent.2'], unexpected: [] })
  })

  it('a repeat of what a handler sends is explained by a fault that touched the handler, or its own sending', () => {
    ledger.attempt('parent', false, 1)
    ledger.sent('parent', { producer: 'p1', from: 0, to: 10 }, true)
    ledger.effect({ id: 'parent', worker: 'w1', from: 2_000, to: 2_100 })
    ledger.effect({ id: 'parent.1', worker: 'w2', from: 9_000, to: 9_100 })
    ledger.effect({ id: 'parent.1', worker: 'w3', from: 19_000, to: 19_100 })
    expect(ledger.account().repeats).toMatchObject([{ id: 'parent.1', because: undefined }])
    ledger.episode({ kind: 'worker-killed', from: 2_900, over: 2_950, to: 3_000, touched: ['w1'] })
    expect(ledger.account().repeats).toMatchObject([{ because: 'worker-killed (sent twice)' }])
  })

  it('a repeat of a task whose sends were refused is explained by any fault of that time, if its worker has said so', () => {
    ledger.attempt('parent', false, 1)
    ledger.sent('parent', { producer: 'p1', from: 0, to: 10 }, true)
    ledger.effect({ id: 'parent', worker: 'w1', from: 2_000, to: 2_100 })
    ledger.effect({ id: 'parent', worker: 'w2', from: 4_000, to: 4_100 })
    ledger.episode({ kind: 'queue-full', from: 1_900, over: 2_200, to: 2_200, touched: [] })
    expect(ledger.account().repeats).toMatchObject([{ because: undefined }])
    line('parent', 'failed')
    expect(ledger.account().repeats).toMatchObject([{ because: 'queue-full (sends were refused)' }])
    ledger.effect({ id: 'parent.1', worker: 'w1', from: 4_200, to: 4_210 })
    ledger.effect({ id: 'parent.1', worker: 'w1', from: 4_300, to: 4_310 })
    expect(ledger.account().repeats).toMatchObject([
      { id: 'parent' },
      { id: 'parent.1', because: 'queue-full (sends were refused)' },
    ])
  })

  it('a task whose sends are refused until it is dead is no loss, nor is what it would have sent', () => {
    ledger.attempt('parent', false, 1)
    ledger.sent('parent', { producer: 'p1', from: 0, to: 10 }, true)
    ledger.dead('parent', 'rejected')
    expect(ledger.account()).toMatchObject({ lost: ['a'], wronglyDead: ['parent'] })
    line('parent', 'failed')
    expect(ledger.account()).toMatchObject({ lost: ['a'], wronglyDead: [] })
  })

  it('a task that is done by the log alone is told apart', () => {
    line('a', 'done')
    expect(ledger.account()).toMatchObject({ lost: [], doneByLogOnly: ['a'] })
  })
})

describe('the recovery of the rate', () => {
  const steady = (from: number, to: number) =>
    Array.from({ length: (to - from) / 10 }, (_, index) => from + index * 10)
  const fault = { kind: 'cut', from: 20_000, over: 22_000, to: 24_000, touched: 'all' } as const

  it('is measured from when the fault was over, however long it then waited for it', () => {
    const doneAt = [...steady(0, 20_000), ...steady(25_000, 60_000)]
    expect(recoveries(doneAt, [fault], 100)).toMatchObject([{ before: 100, seconds: 2.75 }])
  })

  it('that takes more than ten seconds names what struck meanwhile, or the reason of its kind, or nothing', () => {
    const doneAt = [...steady(0, 20_000), ...steady(40_000, 60_000)]
    const other = { ...fault, kind: 'other', from: 25_000, over: 26_000, to: 26_000 }
    expect(recoveries(doneAt, [fault], 100)[0]).not.toHaveProperty('because', expect.anything())
    expect(recoveries(doneAt, [fault, other], 100)[0]).toMatchObject({ because: 'other meanwhile' })
    expect(recoveries(doneAt, [fault], 100, { cut: 'it is slow' })[0]).toMatchObject({
      because: 'it is slow',
    })
  })
})

it('the same seed gives the same choices, and another seed others', () => {
  const choices = (seed: number) => {
    const random = seededRandom(seed)
    return [
      random.shuffle([1, 2, 3, 4, 5]),
      random.whole(1, 1_000),
      random.fork().next(),
      random.pick('abcdef'.split('')),
    ]
  }
  expect(choices(7)).toEqual(choices(7))
  expect(choices(7)).not.toEqual(choices(8))
})
