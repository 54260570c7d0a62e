import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { bundle } from '../../infra/bundle/bundle.ts'
import { taskTypes } from '../../services/tasks/registry.ts'

const folder = mkdtempSync(join(tmpdir(), 'warren-bundle-'))
afterAll(() => rmSync(folder, { recursive: true }))
const { producer } = bundle(folder).metafiles
const inputs = Object.keys(producer.inputs)

test('the producer is small enough to start fast: 300 KB at most', () => {
  expect(statSync(join(folder, 'producer/index.mjs')).size).toBeLessThanOrEqual(300_000)
})

test("the producer has the tasks' declarations and none of their handlers", () => {
  for (const { type } of taskTypes) expect(inputs).toContain(`services/tasks/${type}.ts`)
  expect(inputs.filter((input) => input.includes('.handler.'))).toEqual([])
  expect(inputs).not.toContain('services/tasks/environment.ts')
})

test('the producer has the npm packages that it is known to need and no other', () => {
  const packages = inputs.flatMap((input) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? [])
  const powertools = [
    '@aws-lambda-powertools/commons',
    '@aws-lambda-powertools/metrics',
    '@aws/lambda-invoke-store',
  ]
  expect([...new Set(packages)].sort()).toEqual([...powertools, 'amqplib', 'uuid', 'zod'])
})

test('the producer loads the modules of Node that it is known to need and no other: some take longer than all of ours', () => {
  const own = Object.values(producer.inputs).flatMap(({ imports }) =>
    imports.flatMap(({ path, kind, external }) =>
      external && kind !== 'dynamic-import' ? path.replace('node:', '') : [],
    ),
  )
  const amqplib = ['assert', 'events', 'net', 'querystring', 'stream', 'tls', 'url', 'util']
  const powertools = ['console']
  expect([...new Set(own)].sort()).toEqual([...amqplib, ...powertools, 'crypto'].sort())
})

test("the AWS SDK is imported from Lambda's runtime, and only when a secret is read", () => {
  const external = Object.values(producer.inputs).flatMap(({ imports }) =>
    imports.filter(({ path }) => path.startsWith('@aws-sdk/')).map(({ path, kind }) => ({ path, kind })),
  )
  expect(external).toEqual([{ path: '@aws-sdk/client-secrets-manager', kind: 'dynamic-import' }])
})
