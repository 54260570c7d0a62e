import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Lines } from '../../services/worker/lines.ts'

const written: string[] = []
let lines: Lines
beforeEach(() => {
  vi.useFakeTimers()
  written.length = 0
  lines = new Lines((text) => void written.push(text))
})
afterEach(() => vi.useRealTimers())

it('lines that can wait are written together, ten milliseconds after the first', () => {
  lines.soon('a')
  vi.advanceTimersByTime(9)
  lines.soon('b')
  expect(written).toEqual([])
  vi.advanceTimersByTime(1)
  expect(written).toEqual(['a\nb\n'])
  vi.advanceTimersByTime(100)
  expect(written).toHaveLength(1)
})

it('a line that cannot wait takes those before it along, in their order', () => {
  lines.soon('a')
  lines.now('b')
  lines.now('c')
  expect(written).toEqual(['a\nb\n', 'c\n'])
})

it('nothing that waits stays behind at the end', () => {
  lines.soon('a')
  lines.flush()
  lines.flush()
  expect(written).toEqual(['a\n'])
})
