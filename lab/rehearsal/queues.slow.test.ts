import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'

it('an environment with a ledger and a second queue is rehearsed to its end, the second queue first', {
  timeout: 20 * 60_000,
}, async () => {
  const args = ['lab/rehearsal/run.ts', 'queues', '--json']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  expect(child.exitCode, stderr).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ lost: 0, contradictions: [] })
  expect(stderr.indexOf('of second applied')).toBeLessThan(stderr.indexOf('of tasks applied'))
  expect(stderr).toContain('the ledger tells of a task that runs, one that is done, one that is dead')
  expect(stderr).toContain('second: a dead letter counted, listed and sent back; the probe has figures')
})
