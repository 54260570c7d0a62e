import { beforeEach, expect, it, vi } from 'vitest'
import { type Said, TaskProgress } from '../../services/worker/progress.ts'

beforeEach(() => {
  vi.useFakeTimers()
  return () => vi.useRealTimers()
})

function create() {
  const said: Said[] = []
  return { said, progress: new TaskProgress((word) => said.push(word)) }
}

it('says the first word at once, then one a second, each time the newest', () => {
  const { said, progress } = create()
  for (let tenth = 0; tenth < 10; tenth += 1) {
    progress.set(tenth / 10)
    vi.advanceTimersByTime(300)
  }
  // at 0, 1, 2 and 3 s
  expect(said.map(({ value }) => value)).toEqual([0, 0.3, 0.6, 0.9])
})

it('says the last word at the end, and nothing after it', () => {
  const { said, progress } = create()
  progress.set(0.1)
  progress.set(0.5)
  progress.set(1, 'all')
  progress.close()
  progress.set(0.2)
  vi.advanceTimersByTime(10_000)
  progress.close()
  expect(said).toEqual([{ value: 0.1 }, { value: 1, note: 'all' }])
})

it('goes by the clock where no timer can fire, since the handler computes', () => {
  const { said, progress } = create()
  const start = performance.now()
  const clock = vi.spyOn(performance, 'now')
  for (let second = 0; second < 4; second += 1) {
    clock.mockReturnValue(start + second * 1_000)
    progress.set(second / 10)
  }
  clock.mockRestore()
  expect(said.map(({ value }) => value)).toEqual([0, 0.1, 0.2, 0.3])
})

it('cuts a long note', () => {
  const { said, progress } = create()
  progress.set(0.5, 'x'.repeat(2_000))
  expect(said[0]?.note).toHaveLength(1_000)
})

it.each([
  [1.1, undefined, 'progress: the value must be from 0 to 1, got 1.1'],
  [-0.1, undefined, 'progress: the value must be from 0 to 1, got -0.1'],
  [Number.NaN, undefined, 'progress: the value must be from 0 to 1, got NaN'],
  ['half', undefined, 'progress: the value must be a number, got string'],
  [0.5, 7, 'progress: the note must be a string, got number'],
])('refuses %s with note %s', (value, note, message) => {
  const { said, progress } = create()
  expect(() => progress.set(value as number, note as undefined)).toThrow(message)
  expect(said).toEqual([])
})
