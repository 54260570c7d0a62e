import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { environments } from '../../infra/environments.ts'

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
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [app], {
    cwd: resolve(import.meta.dirname, '../..'),
    env: {
      ...process.env,
      CDK_OUTDIR: join(folder, context.environment),
      CDK_CONTEXT_JSON: JSON.stringify(context),
    },
  })
  expect([stdout, stderr]).toEqual(['', ''])
})
