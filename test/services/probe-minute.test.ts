import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lookForAMinute } from '../../services/probe/minute.ts'

/** Some midnight, in seconds since 1970. */
const midnight = 20_000 * 86_400

interface Look {
  readonly takes?: number
  readonly throws?: string
}

/** A run that starts at a second, with looks that take and throw what they are told to; all times in seconds. */
async function run(seconds: number, start: number, looks: readonly Look[] = []) {
  let now = (midnight + start) * 1_000
  const second = () => Math.round(now - midnight * 1_000) / 1_000
  const began: number[] = []
  const failed: [second: number, message: string][] = []
  const sleep = async (ms: number) => {
    now += ms
  }
  const look = async () => {
    const { takes = 0.3, throws } = looks[began.length] ?? {}
    began.push(second())
    now += takes * 1_000
    if (throws) throw new Error(throws)
  }
  const clock = { now: () => now, sleep }
  const tell = (error: unknown) => failed.push([second(), (error as Error).message])
  const error = await lookForAMinute(seconds, look, tell, clock).then(
    () => undefined,
    (error: unknown) => error as AggregateError,
  )
  return { began, failed, error, ended: second() }
}

describe('a run of the probe', () => {
  test('looks at once, then soon after the start of each period', async () => {
    expect(await run(10, 3)).toMatchObject({ began: [3, 12, 22, 32, 42, 52], ended: 52.3 })
    expect(await run(30, 3)).toMatchObject({ began: [3, 36], ended: 36.3 })
    expect(await run(60, 3)).toMatchObject({ began: [3], ended: 3.3 })
  })

  test('goes on into the period in which the next run might come too late', async () => {
    expect((await run(10, 9.5)).began).toEqual([9.5, 12, 22, 32, 42, 52, 62])
  })

  test('leaves no period without a look, though runs start a second sooner or later, and is over before the next', async () => {
    const late = fc.double({ min: 0, max: 2, noNaN: true })
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(10, 30),
        fc.double({ min: 0, max: 60, noNaN: true }),
        fc.array(late, { minLength: 2, maxLength: 5 }),
        async (seconds, phase, delays) => {
          const starts = delays.map((delay, minute) => phase + 60 * minute + delay)
          const runs = await Promise.all(starts.map((start) => run(seconds, start)))
          const seen = new Set(runs.flatMap(({ began }) => began.map((at) => Math.floor(at / seconds))))
          const [first = 0, last = 0] = [Math.min(...seen), Math.max(...seen)]
          expect(seen.size).toBe(last - first + 1)
          for (const [at, { ended }] of runs.entries()) expect(ended).toBeLessThan((starts[at] ?? 0) + 56)
        },
      ),
    )
  })

  test('a look that is slow takes the place of those that it holds up, and moves no other', async () => {
    expect((await run(10, 3, [{}, { takes: 15 }])).began).toEqual([3, 12, 32, 42, 52])
    expect((await run(10, 3, [{}, { takes: 9.5 }])).began).toEqual([3, 12, 22, 32, 42, 52])
    expect((await run(10, 3, [{ takes: 100 }])).began).toEqual([3])
  })

  test('a look that takes no time is not made twice', async () => {
    const none = Array.from({ length: 6 }, () => ({ takes: 0 }))
    expect((await run(10, 2, none)).began).toEqual([2, 12, 22, 32, 42, 52])
  })

  test('a failed look keeps none from being made, is told at once, and fails the run in the end', async () => {
    const { began, failed, error } = await run(10, 3, [{}, { throws: 'no broker' }, {}, { throws: '401' }])
    expect(began).toEqual([3, 12, 22, 32, 42, 52])
    expect(failed).toEqual([
      [12.3, 'no broker'],
      [32.3, '401'],
    ])
    expect(error?.message).toBe('2 of 6 looks failed: no broker; 401')
    expect(error?.errors).toHaveLength(2)
  })

  test('what fails all the time is told once in the end', async () => {
    const all = Array.from({ length: 6 }, () => ({ throws: 'no broker' }))
    expect((await run(10, 3, all)).error?.message).toBe('6 of 6 looks failed: no broker')
  })

  test('the only look’s error is the run’s', async () => {
    const { error, failed } = await run(60, 3, [{ throws: 'no broker' }])
    expect([error?.message, failed]).toEqual(['no broker', []])
  })
})
