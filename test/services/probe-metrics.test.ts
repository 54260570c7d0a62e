import { expect, test } from 'vitest'
import type { QueueFigures } from '../../services/probe/figures.ts'
import { queueMetrics, wakeUps } from '../../services/probe/metrics.ts'

const figures = (given: Partial<QueueFigures>): QueueFigures => ({
  ready: 0,
  inFlight: 0,
  delayed: 0,
  later: 0,
  consumers: 0,
  consumerTags: [],
  deadLetters: 0,
  deadLettering: 0,
  ackedPerSecond: 0,
  pausedSeconds: 0,
  justResumed: false,
  ...given,
})

test('backlog is what is ready and in flight, what waits for its retry is not', () => {
  expect(queueMetrics(figures({ ready: 30, inFlight: 4, delayed: 7, consumers: 4 }))).toMatchObject({
    Backlog: 34,
    BacklogPerSlot: 8.5,
    Delayed: 7,
  })
})

test('without a consumer the backlog per slot is the backlog', () => {
  expect(queueMetrics(figures({ ready: 3 }))).toMatchObject({ BacklogPerSlot: 3 })
})

test('how long the backlog lasts is not told while nothing leaves the queue', () => {
  expect(queueMetrics(figures({ ready: 30, ackedPerSecond: 2 }))).toMatchObject({ DrainSeconds: 15 })
  expect(queueMetrics(figures({ ready: 30 }))).not.toHaveProperty('DrainSeconds')
  expect(queueMetrics(figures({}))).toMatchObject({ DrainSeconds: 0 })
})

const sleeping = [
  { class: 'burst', backlogAbove: 200 },
  { class: 'small', backlogAbove: 10 },
]
const woken = (given: Partial<QueueFigures>) =>
  [...wakeUps(figures(given), sleeping)].filter(([, value]) => value === 1).map(([name]) => name)

test('while nobody works, one task wakes the class with the lowest threshold, and only that', () => {
  expect(woken({})).toEqual([])
  expect(woken({ ready: 1 })).toEqual(['small'])
})

test('while others work, a class is woken above its own threshold only', () => {
  const consumerTags = ['always.w1.0']
  expect(woken({ ready: 9, inFlight: 1, consumerTags })).toEqual([])
  expect(woken({ ready: 10, inFlight: 1, consumerTags })).toEqual(['small'])
  expect(woken({ ready: 200, inFlight: 1, consumerTags })).toEqual(['burst', 'small'])
})

test('a class with a consumer is never woken', () => {
  expect(woken({ ready: 900, consumerTags: ['small.w1.0'] })).toEqual(['burst'])
  expect(woken({ ready: 900, consumerTags: ['small.w1.0', 'burst.w2.3'] })).toEqual([])
})

test.each([{ pausedSeconds: 60 }, { justResumed: true }])(
  'while a pause leaves no consumers, scaling stands still and nobody is woken: %o',
  (pause) => {
    expect(queueMetrics(figures({ ready: 900, ...pause }))).not.toHaveProperty('BacklogPerSlot')
    expect(woken({ ready: 900, ...pause })).toEqual([])
  },
)

test('how long the queue has been paused is told only while it is', () => {
  expect(queueMetrics(figures({ pausedSeconds: 60 }))).toMatchObject({ PausedSeconds: 60 })
  expect(queueMetrics(figures({ justResumed: true }))).not.toHaveProperty('PausedSeconds')
})
