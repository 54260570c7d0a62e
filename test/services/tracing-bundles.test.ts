import { mkdtempDisposableSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { type Bundles, bundle } from '../../infra/bundle/bundle.ts'

const folder = mkdtempDisposableSync(join(tmpdir(), 'warren-tracing-'))
afterAll(() => folder.remove())
const without = bundle(join(folder.path, 'without'))
const withTracing = bundle(join(folder.path, 'with'), { tracing: true })
const inputsOf = ({ metafiles }: Bundles, name: keyof Bundles['metafiles']) =>
  Object.keys(metafiles[name].inputs)

test('without tracing nothing of it is in any bundle', () => {
  for (const name of Object.keys(without.metafiles) as (keyof Bundles['metafiles'])[])
    expect([
      name,
      inputsOf(without, name).filter((input) =>
        /@opentelemetry|aws4fetch|tracing\/on|contract\/tracing/.test(input),
      ),
    ]).toEqual([name, []])
})

test('with tracing the producer is small enough to start fast: 350 KB at most', () => {
  expect(statSync(join(withTracing.lambda('producer'), 'index.mjs')).size).toBeLessThanOrEqual(350_000)
})

test('with tracing producer and worker have it, and all other functions stay as they are', () => {
  for (const name of ['producer', 'worker'] as const)
    expect(inputsOf(withTracing, name)).toContain(`services/tracing/on/${name}.ts`)
  for (const name of ['topology', 'probe', 'operator'] as const) {
    const code = (bundles: Bundles) => readFileSync(join(bundles.lambda(name), 'index.mjs'), 'utf8')
    expect(code(withTracing)).toBe(code(without))
  }
})
