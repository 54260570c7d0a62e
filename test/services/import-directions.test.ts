import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

const refused = [
  ['services/contract', '../tasks/registry.ts'],
  ['services/contract', 'aws-cdk-lib'],
  ['services/worker', '../../infra/environments.ts'],
  ['services/worker', 'aws-cdk-lib/aws-ecs'],
  ['services/worker', '../../local/dev.ts'],
  ['infra/constructs', '../../services/worker/slot.ts'],
  ['infra/constructs', '../../services/tasks/sleep.handler.ts'],
  ['infra', '../local/dev.ts'],
  ['local', '../infra/app.ts'],
  ['local', '../ops/send.ts'],
  ['infra', '../services/topology/apply.ts'],
  ['infra/bundle', '../limits.ts'],
  ['infra/bundle', 'aws-cdk-lib'],
  ['infra/bundle', '../../services/worker/main.ts'],
  ['ops/command-line', '../region.ts'],
  ['ops/command-line', '../../local/work-queue.ts'],
  ['local/broker', '../../test/support/until.ts'],
  ['ops', '../test/support/until.ts'],
  ...[
    'infra/constructs',
    'services/contract',
    'services/worker',
    'client/src',
    'local/broker',
    'ops/send',
    'test/ops',
  ].flatMap((from) => [
    [from, '../../lab/random.ts'] as const,
    [from, '../../lab/tutorial/experiments/run.ts'] as const,
    [from, 'warren-lab/random.ts'] as const,
  ]),
] as const
const allowed = [
  ['services/contract', './limits.ts'],
  ['services/worker', '../contract/task.ts'],
  ['services/worker', '../tasks/registry.ts'],
  ['infra/constructs', '../../services/contract/topology.ts'],
  ['infra/constructs', '../../services/tasks/registry.ts'],
  ['infra', './bundle/bundle.ts'],
  ['infra/bundle', '../../services/tasks/registry.ts'],
  ['local', '../infra/bundle/bundle.ts'],
  ['local', '../ops/command-line/arguments.ts'],
  ['local', '../services/producer/handler.ts'],
  ['ops', '../local/dev.ts'],
  ['lab/faults', '../../test/support/until.ts'],
  ['lab/faults', '../random.ts'],
  ['lab/rehearsal', '../../infra/app.ts'],
] as const

describe('the direction of imports (biome.json)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'imports-'))
  let violations: string[]

  /** A file name that tells importer and imported apart from all others. */
  const fileName = (from: string, imported: string) => `${from}/${imported.replaceAll(/[^a-z]+/g, '-')}.ts`

  beforeAll(() => {
    const { linter, overrides } = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'))
    writeFileSync(join(folder, 'biome.json'), JSON.stringify({ linter, overrides }))
    for (const [from, imported] of [...refused, ...allowed]) {
      const file = join(folder, fileName(from, imported))
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, `import { x } from '${imported}'\nconsole.log(x)\n`)
    }
    violations = lint(folder)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it.each(refused)('refuses that %s imports %s', (from, imported) => {
    expect(violations).toContain(fileName(from, imported))
  })

  it.each(allowed)('allows that %s imports %s', (from, imported) => {
    expect(violations).not.toContain(fileName(from, imported))
  })
})

/** The files in which Biome finds a restricted import. */
function lint(folder: string): string[] {
  const arguments_ = [
    'lint',
    '--only=style/noRestrictedImports',
    '--reporter=json',
    '--max-diagnostics=none',
    '.',
  ]
  const biome = join(root, 'node_modules/.bin/biome')
  const report = runEvenIfItFails(biome, arguments_, folder)
  const { diagnostics } = JSON.parse(report) as {
    diagnostics: { location: { path: string | { file: string } } }[]
  }
  return diagnostics.map(({ location: { path } }) => (typeof path === 'string' ? path : path.file))
}

function runEvenIfItFails(command: string, arguments_: string[], cwd: string): string {
  try {
    return execFileSync(command, arguments_, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  } catch (error) {
    return (error as { stdout: string }).stdout
  }
}
