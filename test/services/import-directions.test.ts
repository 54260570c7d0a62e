import { beforeAll, describe, expect, it } from 'vitest'
import { breaking } from '../support/biome.ts'

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
  ['services/contract', '../../client/src/client.ts'],
  ['services/worker', '../../client/src/client.ts'],
  ['services/worker', 'warren-client'],
  ['infra/constructs', '../../client/src/client.ts'],
  ['infra/bundle', '../../client/src/client.ts'],
  ['client/src', '../../services/tasks/registry.ts'],
  ['client/src', '../../services/producer/problem.ts'],
  ['client/src', '../../local/dev.ts'],
  ['client/src', 'zod'],
  ['client/src', 'node:fs'],
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
  ['infra/bundle', '../../services/contract/limits.ts'],
  ['local', '../infra/bundle/bundle.ts'],
  ['local', '../ops/command-line/arguments.ts'],
  ['local', '../services/producer/handler.ts'],
  ['ops', '../local/dev.ts'],
  ['client/src', './client.ts'],
  ['client/src', '../../services/contract/limits.ts'],
  ['local', '../client/src/client.ts'],
  ['ops/send', '../../client/src/client.ts'],
  ['lab/faults', '../../test/support/until.ts'],
  ['lab/faults', '../random.ts'],
  ['lab/rehearsal', '../../infra/app.ts'],
] as const

describe('the direction of imports (biome.json)', () => {
  let violations: Set<string>

  /** A file name that tells importer and imported apart from all others. */
  const fileName = (from: string, imported: string) => `${from}/${imported.replaceAll(/[^a-z]+/g, '-')}.ts`

  beforeAll(() => {
    const importing = (imported: string) => `import { x } from '${imported}'\nconsole.log(x)\n`
    const files = [...refused, ...allowed].map(
      ([from, imported]) => [fileName(from, imported), importing(imported)] as const,
    )
    violations = breaking('style/noRestrictedImports', new Map(files))
  })

  it.each(refused)('refuses that %s imports %s', (from, imported) => {
    expect(violations).toContain(fileName(from, imported))
  })

  it.each(allowed)('allows that %s imports %s', (from, imported) => {
    expect(violations).not.toContain(fileName(from, imported))
  })
})
