import { describe, expect, test } from 'vitest'
import { lookForAMinute } from '../../services/probe/minute.ts'

/** A minute of looks that take and throw what they are told to: when each began, who failed when, what came of it. */
async function minute(seconds: number, looks: readonly { takes?: number; throws?: string }[]) {
  let now = 12_345.6
  const start = now
  const began: number[] = []
  const failed: [second: number, message: string][] = []
  const second = () => Math.round(now - start) / 1_000
  const sleep = async (ms: number) => {
    now += ms
  }
  const look = async () => {
    const { takes = 0.2, throws } = looks[began.length] ?? {}
    began.push(second())
    now += takes * 1_000
    if (throws) throw new Error(throws)
  }
  const ended = lookForAMinute(seconds, look, (error) => failed.push([second(), (error as Error).message]), {
    now: () => now,
    sleep,
  })
  const error = await ended.then(
    () => undefined,
    (error: unknown) => error as AggregateError,
  )
  return { began, failed, error, ended: second() }
}

describe('a run of the probe', () => {
  test('looks in equal steps from its start on, and ends before the next one starts', async () => {
    expect(await minute(10, [])).toMatchObject({ began: [0, 10, 20, 30, 40, 50], ended: 50.2 })
    expect(await minute(30, [])).toMatchObject({ began: [0, 30], ended: 30.2 })
    expect(await minute(60, [])).toMatchObject({ began: [0], ended: 0.2 })
  })

  test('steps that do not divide a minute leave its rest out', async () => {
    expect((await minute(25, [])).began).toEqual([0, 25, 50])
  })

  test('a look that is slow takes the place of those that it holds up, and moves no other', async () => {
    expect((await minute(10, [{}, { takes: 10 }, { takes: 15 }])).began).toEqual([0, 10, 20, 40, 50])
    expect((await minute(10, [{ takes: 100 }])).began).toEqual([0])
  })

  test('a look that takes no time is not made twice', async () => {
    const none = Array.from({ length: 6 }, () => ({ takes: 0 }))
    expect((await minute(10, none)).began).toEqual([0, 10, 20, 30, 40, 50])
  })

  test('a failed look keeps none from being made, is told at once, and fails the run in the end', async () => {
    const { began, failed, error } = await minute(10, [{}, { throws: 'no broker' }, {}, { throws: '401' }])
    expect(began).toEqual([0, 10, 20, 30, 40, 50])
    expect(failed).toEqual([
      [10.2, 'no broker'],
      [30.2, '401'],
    ])
    expect(error?.message).toBe('2 of 6 looks failed: no broker; 401')
    expect(error?.errors).toHaveLength(2)
  })

  test('what fails all the time is told once in the end', async () => {
    const all = Array.from({ length: 6 }, () => ({ throws: 'no broker' }))
    expect((await minute(10, all)).error?.message).toBe('6 of 6 looks failed: no broker')
  })

  test('the only look’s error is the run’s', async () => {
    const { error, failed } = await minute(60, [{ throws: 'no broker' }])
    expect([error?.message, failed]).toEqual(['no broker', []])
  })
})
