/** Chance that can be repeated: the same seed gives the same choices. */
export interface Random {
  /** From 0 up to, and without, 1. */
  next(): number
  /** A whole number, both bounds included. */
  whole(min: number, max: number): number
  /** One of them. @throws RangeError when there are none. */
  pick<Item>(items: readonly Item[]): Item
  /** All of them in another order. */
  shuffle<Item>(items: readonly Item[]): Item[]
  /** A generator of its own: what it is asked changes nothing here. */
  fork(): Random
}

/**
 * mulberry32 by Tommy Ettinger, 32 bits of state: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c
 * @param seed a whole number from 0 to 4,294,967,295
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const whole = (min: number, max: number) => min + Math.floor(next() * (max - min + 1))
  return {
    next,
    whole,
    pick(items) {
      if (items.length === 0) throw new RangeError('nothing to pick from')
      return items[whole(0, items.length - 1)] as (typeof items)[number]
    },
    shuffle(items) {
      const left = [...items]
      return items.map(() => left.splice(whole(0, left.length - 1), 1)[0] as (typeof items)[number])
    },
    fork: () => seededRandom(Math.floor(next() * 2 ** 32)),
  }
}
