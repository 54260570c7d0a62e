import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { effectsReader } from './effects.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'warren-effects-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

it('an effect that is seen half written is read when it is whole, and those before it at once', () => {
  const file = join(folder, 'effects')
  const { read, close } = effectsReader(file)
  const effect = (id: string) => ({ id, worker: 'w1', from: 1, to: 2 })
  const [a, b] = [effect('a'), effect('b')].map((each) => `${JSON.stringify(each)}\n`) as [string, string]
  appendFileSync(file, `${a}${b.slice(0, 10)}`)
  expect(read()).toEqual([effect('a')])
  appendFileSync(file, b.slice(10))
  expect(read()).toEqual([effect('b')])
  expect(read()).toEqual([])
  close()
})
