import { expect, test } from 'vitest'
import { Intake } from '../../services/worker/intake.ts'

test('is open until somebody closes it, and again when everybody has opened it', async () => {
  const intake = new Intake()
  expect(intake.isOpen).toBe(true)
  intake.set(false, 'operator')
  intake.set(false, 'protection')
  intake.set(true, 'protection')
  expect(intake.isOpen).toBe(false)
  intake.set(true, 'operator')
  expect(intake.isOpen).toBe(true)
})

test('tells of a change, and of nothing that changes nothing', async () => {
  const intake = new Intake()
  let changes = 0
  const count = async () => {
    for (;;) {
      await intake.changed
      changes += 1
    }
  }
  void count()
  const turn = () => new Promise(setImmediate)
  for (const [open, by, expected] of [
    [true, 'operator', 0],
    [false, 'operator', 1],
    [false, 'protection', 1],
    [true, 'operator', 1],
    [true, 'protection', 2],
  ] as const) {
    intake.set(open, by)
    await turn()
    expect(changes).toBe(expected)
  }
})
