import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')

test('one file reads cloud assemblies, for the laboratory too', () => {
  const files = globSync('{infra,services,client,local,ops,lab}/**/*.ts', {
    cwd: root,
    exclude: (name) => name.includes('node_modules'),
  })
  expect(files.length).toBeGreaterThan(100)
  const reading = files.filter((file) =>
    /import [^;]*?\bCloudAssembly\b[^;]*? from|new \w*\.?CloudAssembly\(|manifest\.json/.test(
      readFileSync(join(root, file), 'utf8'),
    ),
  )
  expect(reading).toEqual(['ops/assembly.ts'])
})
