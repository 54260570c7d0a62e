import { expect, test } from 'vitest'
import { turns } from './turns.ts'

test('in as many rounds as there are contestants, twice, each begins twice, and each has its turn in every round', () => {
  const contestants = ['a', 'b', 'c', 'd']
  const rounds = Array.from({ length: 2 * contestants.length }, (_, round) => turns(contestants, round))
  for (const contestant of contestants) {
    expect(rounds.filter(([first]) => first === contestant)).toHaveLength(2)
    expect(rounds.filter((order) => order.includes(contestant))).toHaveLength(rounds.length)
  }
})

test('nobody always has the same one before it', () => {
  const rounds = Array.from({ length: 8 }, (_, round) => turns(['a', 'b', 'c', 'd'], round))
  const before = (name: string) => new Set(rounds.map((order) => order[order.indexOf(name) - 1]))
  for (const name of ['a', 'b', 'c', 'd']) expect(before(name).size).toBeGreaterThan(2)
})
