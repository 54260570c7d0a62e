import { globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { bundle } from '../../infra/bundle/bundle.ts'
import { workerEnvironment } from '../../services/contract/environment.ts'
import { ledgerEnvironment, ledgerWorkerEnvironment } from '../../services/contract/ledger-environment.ts'

const folder = mkdtempSync(join(tmpdir(), 'warren-ledger-bundle-'))
afterAll(() => rmSync(folder, { recursive: true }))
const without = bundle(join(folder, 'without')).metafiles
const withLedger = bundle(join(folder, 'with'), { ledger: true }).metafiles

const ofLedger = /^services\/ledger\/|dynamodb/
type Built = (typeof without)['producer']
/** What is in a bundle, and what it imports at run time. */
const parts = ({ inputs }: Built) => [
  ...Object.keys(inputs),
  ...Object.values(inputs).flatMap(({ imports }) => imports.map(({ path }) => path)),
]

test('without the setting, nothing of the ledger and no DynamoDB client is in any bundle', () => {
  for (const [name, metafile] of Object.entries(without))
    expect([name, parts(metafile).filter((part) => ofLedger.test(part))]).toEqual([name, []])
})

test('without it, none reads a variable of the ledger', () => {
  const variables = Object.keys({ ...ledgerEnvironment.shape, ...ledgerWorkerEnvironment.shape }).filter(
    (name) => !(name in workerEnvironment.shape),
  )
  const scripts = (kind: string) => globSync(`${kind}/**/*.mjs`, { cwd: folder })
  const reading = (kind: string) =>
    variables.filter((name) =>
      scripts(kind).some((script) => readFileSync(join(folder, script), 'utf8').includes(name)),
    )
  expect(reading('with')).toEqual(variables)
  expect(reading('without')).toEqual([])
})

test('with it, the producer has both, and finds the client in Lambda’s runtime', () => {
  const { producer } = withLedger
  expect(Object.keys(producer.inputs)).toContain('services/ledger/acceptance.ts')
  const external = Object.values(producer.inputs).flatMap(({ imports }) =>
    imports.flatMap(({ path, external }) => (external && path.startsWith('@aws-sdk/') ? path : [])),
  )
  expect([...new Set(external)].sort()).toEqual([
    '@aws-sdk/client-dynamodb',
    '@aws-sdk/client-secrets-manager',
    '@aws-sdk/lib-dynamodb',
  ])
  expect(statSync(join(folder, 'with/producer/index.mjs')).size).toBeLessThanOrEqual(310_000)
})

test('what has nothing to do with the ledger is the same in both', () => {
  for (const name of ['topology', 'probe'] as const)
    expect(Object.keys(withLedger[name].inputs)).toEqual(Object.keys(without[name].inputs))
})
