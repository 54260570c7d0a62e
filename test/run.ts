import { mkdirSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { parseArgs } from 'node:util'
import { startVitest, type TestCase, type Vitest } from 'vitest/node'
import { neverSkipped } from './support/never-skipped.ts'

/**
 * `npm test`: everything that fits in six minutes on two cores. `npm run test:full`: all tests.
 * Arguments are filters on file names, as for vitest. Ends with one line of counts, and exits 1 if anything failed.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { full: { type: 'boolean', default: false } },
})
const project = ['unit', 'infra', 'integration', ...(values.full ? ['slow'] : [])]

const started = performance.now()
const vitest = await startVitest('test', positionals, { watch: false, project })
const tests = allTests(vitest)
const failures = vitest.state.getUnhandledErrors().length + modulesWithErrors(vitest).length
const skipped = tests.filter((test) => test.result().state === 'skipped')
const wronglySkipped = positionals.length > 0 ? [] : missingPromises(tests)
for (const test of skipped) console.log(`skipped: ${test.fullName}: ${skipReason(test) ?? 'NO REASON GIVEN'}`)
for (const file of wronglySkipped)
  console.log(`failed: ${file} may never be skipped (test/support/never-skipped.ts)`)

const passed = tests.filter((test) => test.result().state === 'passed').length
const failed =
  tests.filter((test) => test.result().state === 'failed').length +
  failures +
  wronglySkipped.length +
  skipped.filter((test) => !skipReason(test)).length
const seconds = Math.round((performance.now() - started) / 1_000)
mkdirSync('.warren', { recursive: true })
writeFileSync('.warren/tests.json', JSON.stringify({ passed, failed, skipped: skipped.length, seconds }))
console.log(
  `${project.join(', ')}: ${passed} passed, ${failed} failed, ${skipped.length} skipped in ${seconds} s`,
)
await vitest.close()
process.exit(failed > 0 || passed === 0 ? 1 : 0)

function allTests(from: Vitest): TestCase[] {
  return from.state.getTestModules().flatMap((module) => [...module.children.allTests()])
}

/** Files that broke before or outside their tests: a hook that threw, an import that failed. */
function modulesWithErrors(from: Vitest): unknown[] {
  return from.state
    .getTestModules()
    .flatMap((module) => [
      ...module.errors(),
      ...[...module.children.allSuites()].flatMap((suite) => suite.errors()),
    ])
}

function skipReason(test: TestCase): string | undefined {
  const result = test.result()
  return result.state === 'skipped' ? result.note : undefined
}

function missingPromises(all: TestCase[]): string[] {
  return neverSkipped.filter((file) => {
    const inFile = all.filter((test) => relative(process.cwd(), test.module.moduleId) === file)
    return inFile.length === 0 || inFile.some((test) => test.result().state === 'skipped')
  })
}
