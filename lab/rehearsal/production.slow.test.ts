import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import type { ScalingStep } from './scale-phase.ts'

it('in production the burst wakes the class that had no task, by its step policy, and it goes back to none', {
  timeout: 20 * 60_000,
}, async () => {
  const args = ['lab/rehearsal/run.ts', 'production', '--json']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  expect(child.exitCode, stderr).toBe(0)
  const { lost, contradictions, scaling } = JSON.parse(stdout)
  expect({ lost, contradictions }).toEqual({ lost: 0, contradictions: [] })
  const large = scaling.filter((step: ScalingStep) => step.class === 'large')
  expect(large.at(0)).toMatchObject({ from: 0, to: 1, by: 'step scaling', metric: 'WakeUp', value: 1 })
  expect(large.at(-1)).toMatchObject({ to: 0, by: 'step scaling' })
})
