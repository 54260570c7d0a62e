import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { scheduleExpression } from '../../infra/schedule-expression.ts'
import { nextTime } from '../../local/schedule-times.ts'
import { scheduleProblems } from '../../services/contract/schedule-problems.ts'
import { report } from '../support/schedules.ts'
import { awsTimes } from './aws-cron.ts'

const time = (text: string) => Date.parse(text)
const asText = (at: number | undefined) => (at === undefined ? at : new Date(at).toISOString())

/** The next times, each after the one before. */
function times(
  schedule: Parameters<typeof nextTime>[0],
  after: number,
  count: number,
): (string | undefined)[] {
  const found: (number | undefined)[] = []
  for (let at: number | undefined = after; found.length < count && at !== undefined; found.push(at))
    at = nextTime(schedule, at)
  return found.map(asText)
}

const isRefused = (cron: string) =>
  scheduleProblems([{ name: 'a', cron, task: { type: report, payload: { of: 'a' } } }], {
    taskTypes: [report],
    environments: [],
  }).length > 0

/** Texts of a field: numbers, names, ranges and steps. */
function field(min: number, max: number, names: readonly string[] = []): fc.Arbitrary<string> {
  const value = fc.integer({ min, max })
  const named = (at: number) =>
    names[at - min] ? fc.constantFrom(String(at), names[at - min] ?? '') : fc.constant(String(at))
  const single = value.chain(named)
  const range = fc
    .tuple(value, value)
    .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)
    .chain(([from, to]) =>
      fc.tuple(
        named(from),
        named(to),
        fc.option(fc.integer({ min: 1, max: Math.max(1, to - from) }), { nil: undefined }),
      ),
    )
    .map(([from, to, step]) => `${from}-${to}${step === undefined || from === to ? '' : `/${step}`}`)
  const all = fc.integer({ min: 1, max: max - min }).map((step) => (step === 1 ? '*' : `*/${step}`))
  return fc.oneof(
    fc.constant('*'),
    all,
    fc.array(fc.oneof(single, range), { minLength: 1, maxLength: 4 }).map((items) => items.join(',')),
  )
}

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']
const cron = fc
  .tuple(field(0, 59), field(0, 23), field(1, 31), field(1, 12, months), field(0, 7, weekdays), fc.boolean())
  .map(([minute, hour, day, month, weekday, byWeekday]) =>
    [minute, hour, ...(byWeekday ? ['*', month, weekday] : [day, month, '*'])].join(' '),
  )
  .filter((text) => !isRefused(text))
const start = fc.date({ min: new Date('2024-01-01'), max: new Date('2032-01-01'), noInvalidDate: true })

describe('what runs here when is due is due in AWS', () => {
  test('whatever the five fields are', () => {
    fc.assert(
      fc.property(cron, start, (cron, start) => {
        const expected = awsTimes(scheduleExpression({ cron }), 'UTC', start.getTime(), 5)
        expect(times({ cron }, start.getTime(), 5)).toEqual(expected.map(asText))
      }),
      {
        numRuns: 300,
        examples: [
          ['0 0 29 2 *', new Date('2024-02-29T00:00:00Z')],
          ['0 0 * * 0-SUN', new Date('2024-01-01T00:00:00Z')],
        ],
      },
    )
  })

  test('and AWS takes it, however many times it names', () => {
    // pairs take most: three in a row are a range
    const most = (min: number, max: number) =>
      Array.from({ length: max - min + 1 }, (_, index) => min + index).filter((value) => value % 3 < 2)
    const cron = `${most(0, 59)} ${most(0, 23)} ${most(1, 31)} ${most(1, 12)} *`
    expect(isRefused(cron)).toBe(false)
    expect(scheduleExpression({ cron }).length).toBeLessThanOrEqual(256)
  })

  test.each(['Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe'])(
    'at an hour of the clock in %s, all year',
    (timeZone) => {
      const hours = fc.tuple(fc.integer({ min: 0, max: 59 }), fc.integer({ min: 0, max: 23 }))
      fc.assert(
        fc.property(hours, fc.integer({ min: 2024, max: 2030 }), ([minute, hour], year) => {
          const cron = `${minute} ${hour} * * *`
          const after = Date.UTC(year, 0, 1)
          const expected = awsTimes(scheduleExpression({ cron }), timeZone, after, 366)
          expect(times({ cron, timeZone }, after, 366)).toEqual(expected.map(asText))
        }),
        {
          numRuns: 12,
          examples: [
            [[30, 2], 2026],
            [[0, 2], 2026],
            [[59, 1], 2026],
            [[30, 1], 2026],
          ],
        },
      )
    },
  )
})

describe('the next time', () => {
  const berlin = { cron: '30 2 * * *', timeZone: 'Europe/Berlin' }

  test('leaves out one that the clocks jump over', () => {
    expect(times(berlin, time('2027-03-26T12:00:00Z'), 3)).toEqual([
      '2027-03-27T01:30:00.000Z',
      // no half past two on the 28th
      '2027-03-29T00:30:00.000Z',
      '2027-03-30T00:30:00.000Z',
    ])
  })

  test('is the first of two that the clocks have', () => {
    expect(times(berlin, time('2026-10-24T12:00:00Z'), 2)).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ])
  })

  test.each([
    ['1 minute', '2026-11-30T12:34:00.000Z'],
    ['5 minutes', '2026-11-30T12:35:00.000Z'],
    ['1 day', '2026-12-01T00:00:00.000Z'],
  ] as const)('of a rate of %s counts from 1970', (rate, expected) => {
    expect(times({ rate }, time('2026-11-30T12:33:20Z'), 1)).toEqual([expected])
    expect(nextTime({ rate }, time(expected))).toBeGreaterThan(time(expected))
  })
})
