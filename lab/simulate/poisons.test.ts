import { describe, expect, it } from 'vitest'
import { quarantineFrom } from '../../services/worker/quarantine-host.ts'
import { seededRandom } from '../random.ts'
import { type Poisoning, poison } from './poisons.ts'

const seeds = [1, 2, 3, 4, 5]
const sizes = [1, 2, 4].flatMap((workers) => [4, 64, 250].map((slots) => ({ workers, slots })))
const inAll = (poisoning: Poisoning) => seeds.map((seed) => poison(poisoning, seededRandom(seed)))

describe('1 to 5 tasks that kill their process, among 1,000 that do not', () => {
  it.each(sizes)(
    '$workers workers of $slots slots: no innocent dies or fails more than four times, and each poison ends',
    (size) => {
      for (const poisons of [1, 2, 3, 4, 5]) {
        for (const end of inAll({ ...size, poisons, innocents: 1_000, quarantineFrom })) {
          expect(end).toMatchObject({ innocentsDead: 0, poisonsDead: poisons })
          expect(end.maxFailures).toBeLessThanOrEqual(4)
        }
      }
    },
  )

  it.each(sizes)('$workers workers of $slots slots: without quarantine innocents die', (size) => {
    const ends = inAll({ ...size, poisons: 5, innocents: 1_000, quarantineFrom: Number.POSITIVE_INFINITY })
    expect(ends.every(({ innocentsDead }) => innocentsDead > 0)).toBe(true)
  })
})
