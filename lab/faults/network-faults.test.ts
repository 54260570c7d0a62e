import { expect, it } from 'vitest'
import { until } from '../../test/support/until.ts'
import { seededRandom } from '../random.ts'
import { networkFaults } from './network-faults.ts'
import type { System } from './system.ts'

/** A line that breaks when the test says so, with a service that is always connected. */
class StandInLine {
  readonly open = 1
  counts: readonly number[] = []
  looks = 0
  #broken = 0

  breakAfter(...counts: readonly number[]): void {
    this.counts = counts
  }

  reset(): void {}

  get broken(): number {
    this.looks += 1
    return this.#broken
  }

  breakAll(): void {
    this.#broken += this.counts.length
  }
}

it.each(['network-reset-in-mid-frame', 'network-reset-during-set-up'])(
  '%s is over when the connections are broken, and not before',
  async (kind) => {
    const seats = [
      { name: 'w1', line: new StandInLine() },
      { name: 'p1', line: new StandInLine() },
    ] as const
    const system = { workers: [seats[0]], producers: [seats[1]] } as unknown as System
    let over = 0
    const fault = networkFaults.find((each) => each.kind === kind)
    const injected = fault?.inject(system, seededRandom(1), () => {
      over += 1
    })
    const looked = () => seats.every(({ line }) => line.looks >= 3)
    await until(looked, { within: 10, what: 'both lines are looked at again' })
    expect(over).toBe(0)
    for (const { line } of seats) line.breakAll()
    expect(await injected).toEqual(['w1', 'p1'])
    expect(over).toBe(1)
  },
)
