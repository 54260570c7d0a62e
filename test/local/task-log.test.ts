import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { followTaskLog, openTaskLog } from '../../local/task-log.ts'
import { line } from './lines.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'warren-task-log-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const task = (number: number) => line('fast', number, 0, 100)
const bytes = (lines: number) => lines * Buffer.byteLength(`${JSON.stringify(task(10))}\n`)
const numbers = (lines: readonly { readonly id: string }[]) => lines.map(({ id }) => id)
const from = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => task(first + index).id)

function write(first: number, last: number, log = openTaskLog('tasks', folder)) {
  for (let number = first; number <= last; number += 1) log.append(task(number))
  return log
}

test('each reading gives the lines since the one before', () => {
  const follow = followTaskLog('tasks', Number.POSITIVE_INFINITY, folder)
  expect(follow()).toEqual([])
  const log = write(10, 12)
  expect(follow()).toEqual([10, 11, 12].map(task))
  write(13, 14, log)
  expect(numbers(follow())).toEqual(from(13, 14))
  expect(follow()).toEqual([])
  log.close()
})

test('whoever comes late gets the last lines, and only whole ones', () => {
  write(10, 19).close()
  expect(numbers(followTaskLog('tasks', bytes(3), folder)())).toEqual(from(17, 19))
  expect(numbers(followTaskLog('tasks', bytes(3) - 1, folder)())).toEqual(from(18, 19))
  expect(numbers(followTaskLog('tasks', 0, folder)())).toEqual([])
})

test('a log that is full goes on in a new file, and nobody who follows it misses a line', () => {
  const log = openTaskLog('tasks', folder, bytes(4))
  const follow = followTaskLog('tasks', Number.POSITIVE_INFINITY, folder)
  write(10, 13, log)
  expect(numbers(follow())).toEqual(from(10, 13))
  write(14, 17, log)
  expect(numbers(follow())).toEqual(from(14, 17))
  log.close()
})

test('whoever comes after that still gets the last lines of the full file', () => {
  write(10, 17, openTaskLog('tasks', folder, bytes(4))).close()
  expect(numbers(followTaskLog('tasks', Number.POSITIVE_INFINITY, folder)())).toEqual(from(10, 17))
  expect(numbers(followTaskLog('tasks', bytes(5), folder)())).toEqual(from(13, 17))
  expect(numbers(followTaskLog('tasks', bytes(2), folder)())).toEqual(from(16, 17))
})
