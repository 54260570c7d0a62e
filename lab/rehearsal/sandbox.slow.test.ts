import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'

it('the sandbox, as it is synthesized, is rehearsed to its end', { timeout: 20 * 60_000 }, async () => {
  const args = ['lab/rehearsal/run.ts', 'sandbox', '--json']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  expect(child.exitCode, stderr).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ lost: 0, contradictions: [] })
})
