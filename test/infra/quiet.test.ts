import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { checkedEnvironment } from '../../infra/checks.ts'
import { environments } from '../../infra/environments.ts'
import { namesOf } from '../../infra/names.ts'
import { queuesOf } from '../../infra/settings/environment.ts'

const folder = mkdtempSync(join(tmpdir(), 'warren-quiet-'))
afterAll(() => rmSync(folder, { recursive: true }))

// the programs know no others
const names = Object.keys(environments)
const runs = [
  ...names.map((environment) => ['infra/app.ts', { environment }] as const),
  ['infra/github-roles.ts', { environment: names.join(','), repository: 'octo@1/warren@2' }] as const,
]

/** What CDK says of a synth that works, warnings of what it will take away among them, is noise that hides the rest. */
test.each(runs)('%s with %j has nothing to say', async (app, context) => {
  const { stdout, stderr } = await synth(app, context, context.environment)
  expect([stdout, stderr]).toEqual(['', ''])
})

test('cdk deploy --all without a name means the sandbox, and no other environment', async () => {
  const synthesized = synth('infra/app.ts', {}, 'no-name')
  // who has another name for it is told so
  if (!names.includes('sandbox')) return expect(synthesized).rejects.toThrow('sandbox')
  await synthesized
  const { artifacts } = JSON.parse(readFileSync(join(folder, 'no-name/manifest.json'), 'utf8'))
  const stacks = Object.entries<{ type: string }>(artifacts)
    .filter(([, { type }]) => type === 'aws:cloudformation:stack')
    .map(([stack]) => stack)
  const { foundationStack, workQueueStack, furtherQueueStack } = namesOf('sandbox')
  const [, ...further] = queuesOf(checkedEnvironment('sandbox'))
  expect(stacks.toSorted()).toEqual(
    [foundationStack, workQueueStack, ...further.map(({ queue }) => furtherQueueStack(queue))].toSorted(),
  )
})

function synth(app: string, context: object, outdir: string) {
  return promisify(execFile)(process.execPath, [app], {
    cwd: resolve(import.meta.dirname, '../..'),
    env: {
      ...process.env,
      CDK_OUTDIR: join(folder, outdir),
      CDK_CONTEXT_JSON: JSON.stringify(context),
    },
  })
}
