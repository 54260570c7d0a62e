import { mkdirSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { startVitest, type TestCase, type Vitest } from 'vitest/node'
import { command } from '../ops/command-line/command.ts'
import { runCommand } from '../ops/command-line/lifecycle.ts'
import { neverSkipped } from './support/never-skipped.ts'

const program = command(
  'npm test',
  `Runs all tests that fit in six minutes on two cores; npm run test:full runs all. Ends with one line of counts, and
exits with 1 if a test failed.`,
  'npm test -- redrive',
)
  .argument('[filters...]', 'run only the files whose names contain one of these')
  .option('--full', 'also run the tests that take minutes')

await runCommand(program, async ({ args: [filters], options: { full }, signal }) => {
  // vitest has nothing that must be ended in order
  signal.addEventListener('abort', () => process.exit(130))
  const project = ['unit', 'infra', 'integration', ...(full ? ['slow'] : [])]
  const started = performance.now()
  const vitest = await startVitest('test', filters, { watch: false, project })
  const tests = allTests(vitest)
  const failures = vitest.state.getUnhandledErrors().length + modulesWithErrors(vitest).length
  const skipped = tests.filter((test) => test.result().state === 'skipped')
  const wronglySkipped = filters.length > 0 ? [] : missingPromises(tests)
  for (const test of skipped)
    console.log(`skipped: ${test.fullName}: ${skipReason(test) ?? 'NO REASON GIVEN'}`)
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
  return failed > 0 || passed === 0 ? 1 : 0
})

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
