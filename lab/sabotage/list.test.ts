import { existsSync, globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { faults } from '../faults/catalogue.ts'
import { sabotaged } from './copy.ts'
import { sabotages } from './list.ts'

const root = resolve(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(resolve(root, file), 'utf8')
const targets = sabotages.flatMap(({ noticedBy }) => noticedBy)
const noticing = new Set(targets.map(({ file }) => file))

describe('the list of sabotages', () => {
  it.each(sabotages.map((each) => [each.name, each] as const))('still finds its place: %s', (name, each) => {
    const text = read(each.file)
    expect(sabotaged(each, text)).not.toBe(text)
    expect(each.noticedBy).not.toEqual([])
    expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
  })

  it('gives each a name of its own', () => {
    expect(new Set(sabotages.map(({ name }) => name)).size).toBe(sabotages.length)
  })

  it('has tests that exist, and that are slow only where they are called so', () => {
    for (const { project, file } of targets) {
      expect(existsSync(resolve(root, file)), file).toBe(true)
      expect(file.endsWith('.slow.test.ts'), file).toBe(project === 'slow')
    }
  })

  it('has one for each kind of fault, and names no fault that is not there', () => {
    const kinds = faults.map(({ kind }) => kind)
    expect([...new Set(targets.flatMap(({ faults = [] }) => faults))].toSorted()).toEqual(kinds.toSorted())
  })

  it('has one for each test that SECURITY.md names', () => {
    const named = [...read('SECURITY.md').matchAll(/\]\(((?:test|lab)\/[^)]+)\)/g)].map(
      ([, file = '']) => file,
    )
    expect(named.length).toBeGreaterThan(20)
    expect([...new Set(named)].filter((file) => !noticing.has(file))).toEqual([])
  })

  it('has one for each rule over several settings', () => {
    for (const file of globSync('infra/settings/*.ts', { cwd: root })) {
      const text = read(file)
      const broken = sabotages
        .filter((each) => each.file === file)
        .map(({ find }) => ({ from: text.indexOf(find), to: text.indexOf(find) + find.length }))
      const rules = [...text.matchAll(/\breport\(.*/g)]
      const forgotten = rules.filter(
        ({ index }) => !broken.some(({ from, to }) => from <= index && index < to),
      )
      expect(forgotten.map(([rule]) => `${file}: ${rule}`)).toEqual([])
    }
  })

  it('has one for each test of the templates and each slow test of faults', () => {
    const files = globSync(['test/infra/*.test.ts', 'lab/faults/*.slow.test.ts'], { cwd: root })
    expect(files.length).toBeGreaterThan(10)
    expect(files.filter((file) => !noticing.has(file))).toEqual([])
  })
})
