import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/** What makes a TLS client take any server for the broker. */
const unverified =
  /rejectUnauthorized|NODE_TLS_REJECT_UNAUTHORIZED|checkServerIdentity|strict-ssl|--insecure\b|curl -\w*k\b/

const root = join(import.meta.dirname, '../..')
const own = import.meta.filename
/** lab/sabotage breaks just this, on purpose, in copies. */
const skipped = /^lab\/sabotage|\/(node_modules|dist|cdk\.out)\//
const places = [
  'services',
  'infra',
  'local',
  'ops',
  'test',
  'lab',
  '.github',
  '.ci',
  '.npmrc',
  'package.json',
  'cdk.json',
]

function filesOf(place: string): string[] {
  const path = join(root, place)
  if (place === 'lab' && !existsSync(join(path, 'package.json'))) return []
  if (statSync(path).isFile()) return [place]
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
}

test('no file turns the verification of certificates off', () => {
  const files = places.flatMap(filesOf).filter((file) => !skipped.test(file) && join(root, file) !== own)
  expect(files.length).toBeGreaterThan(100)
  const found = files.filter((file) => unverified.test(readFileSync(join(root, file), 'utf8')))
  expect(found).toEqual([])
})

test.each(['{ rejectUnauthorized: false }', 'NODE_TLS_REJECT_UNAUTHORIZED=0', 'curl -sk https://x'])(
  'it would be found: %s',
  (text) => {
    expect(text).toMatch(unverified)
  },
)
