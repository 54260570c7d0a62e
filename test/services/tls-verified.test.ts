import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** What makes a TLS client take any server for the broker. */
const unverified =
  /rejectUnauthorized|NODE_TLS_REJECT_UNAUTHORIZED|checkServerIdentity|strict-ssl|--insecure\b|curl -\w*k\b/

const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  encoding: 'utf8',
})
const own = 'test/services/tls-verified.test.ts'
const files = listed
  .split('\n')
  .filter(
    (file) => /\.(ts|mjs|json|ya?ml|sh|npmrc)$|Dockerfile|\.ci\/run|\.npmrc$/.test(file) && file !== own,
  )

test('no file turns the verification of certificates off', () => {
  expect(files.length).toBeGreaterThan(100)
  const found = files.filter((file) => unverified.test(read(file)))
  expect(found).toEqual([])
})

test.each(['{ rejectUnauthorized: false }', 'NODE_TLS_REJECT_UNAUTHORIZED=0', 'curl -sk https://x'])(
  'it would be found: %s',
  (text) => {
    expect(text).toMatch(unverified)
  },
)

/** n.b. a file may be gone since it was listed. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
