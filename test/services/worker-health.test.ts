import { describe, expect, it } from 'vitest'
import { unhealthy } from '../../services/worker/health.ts'

const minutes = (count: number) => count * 60_000

describe("a worker's health", () => {
  it.each([
    ['consumes', { stuck: false, refused: false, busy: false, outageSince: undefined }],
    [
      'has been without a broker for less than five minutes',
      { stuck: false, refused: false, busy: false, outageSince: minutes(6) },
    ],
    [
      'still runs a task, however long the broker is away',
      { stuck: false, refused: false, busy: true, outageSince: 0 },
    ],
  ])('is good while it %s', (_, state) => {
    expect(unhealthy(state, minutes(10))).toBeUndefined()
  })

  it('is bad when it has not consumed for five minutes', () => {
    const state = { stuck: false, refused: false, busy: false, outageSince: minutes(5) }
    expect(unhealthy(state, minutes(10))).toBe('not consuming for 300 s')
  })

  it('is bad while a handler cannot be stopped, though tasks still run', () => {
    expect(unhealthy({ stuck: true, refused: false, busy: true, outageSince: undefined }, 0)).toBe(
      'a handler cannot be stopped',
    )
  })

  it('is bad when the broker refused its secret, though a task still runs', () => {
    expect(unhealthy({ stuck: false, refused: true, busy: true, outageSince: undefined }, 0)).toBe(
      'the broker refused access',
    )
  })
})
