import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import type { ScalingStep } from './scale-phase.ts'

it('an environment whose small class shares a thread is rehearsed to its end, and the class scales', {
  timeout: 20 * 60_000,
}, async () => {
  const args = ['lab/rehearsal/run.ts', 'shared', '--json']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  expect(child.exitCode, stderr).toBe(0)
  const { lost, contradictions, scaling } = JSON.parse(stdout)
  expect({ lost, contradictions }).toEqual({ lost: 0, contradictions: [] })
  const small = scaling.filter((step: ScalingStep) => step.class === 'small')
  expect(small.some(({ from, to }: ScalingStep) => to > from)).toBe(true)
})
