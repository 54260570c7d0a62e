import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import type { ClassLook, Look } from '../../ops/target/look.ts'
import { plainLine, view } from '../../ops/watch/view.ts'
import { startAwsStandIn } from './aws-stand-in.ts'
import { deployedSandbox, metricData, services } from './deployed.ts'
import { runOps } from './run-command.ts'

const now = Date.UTC(2026, 0, 1)
const worker = (name: string, done: number, capacity: number): ClassLook => ({
  name,
  running: 1,
  desired: 1,
  slots: 1,
  capacity,
  done,
  failed: 0,
  waitMs: { p50: 1_500, p95: 61_000 },
})
const look: Look = {
  asOf: now - 47_000,
  measuredEvery: 60,
  queue: {
    ready: 1_230,
    inFlight: 4,
    delayed: 3,
    later: 2_000,
    consumers: 2,
    deadLetters: 5,
    deadLettering: 0,
    pausedSeconds: 0,
  },
  classes: [worker('small', 60, 0.25), worker('large', 240, 1)],
  windowSeconds: 300,
  backlog: [0, 600, 1_234],
  minutes: [],
}
const shown = (what: Look) => view('sandbox · tasks', what, now).map(stripVTControlCharacters)

test('shows the share of tasks beside the share of capacity, and how old the data is', () => {
  const lines = shown(look)
  expect(lines[0]).toBe('sandbox · tasks  data 47 s old, measured every 60 s')
  expect(lines).toContainEqual(expect.stringMatching(/^backlog +1,234 +▁▄█$/))
  expect(lines).toContainEqual(
    expect.stringMatching(/^small +1\/1 +1 +0\.2 .*█{2}░{8} +20 % +20 % +1\.5 s +61 s$/),
  )
  expect(lines).toContainEqual(expect.stringMatching(/^large +1\/1 +1 +0\.8 .*█{8}░{2} +80 % +80 % /))
  expect(lines).toContain('later         2,000 wait for their time')
  expect(lines).toContain('dead letters  5')
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80)
})

test('shows a system in which nothing was done yet', () => {
  const idle = {
    ...look,
    asOf: undefined,
    backlog: [],
    classes: [{ ...worker('small', 0, 0), waitMs: undefined }],
  }
  const lines = shown(idle)
  expect(lines[0]).toContain('no data')
  expect(lines).toContainEqual(expect.stringMatching(/^small .* 0 % +0 % +– +–$/))
})

test('is one line where there is no terminal', () => {
  expect(plainLine(look, now)).toBe(
    '00:00:00 backlog 1234 (1230 ready, 4 in flight, 3 delayed) · later 2000 · slots 2 · dead letters 5 · small 1 running, 0.2/s, 20 % of tasks, waits 1.5 s p95 61 s · large 1 running, 0.8/s, 80 % of tasks, waits 1.5 s p95 61 s · data 47 s old, measured every 60 s',
  )
})

test('reads in AWS what CloudWatch and ECS know', async () => {
  const account = deployedSandbox()
  await using aws = await startAwsStandIn(account)
  const figures: Record<string, number[]> = { Ready: [7], InFlight: [2], Backlog: [9, 5], Consumers: [3] }
  const byClass: Record<string, number> = {
    'small Sum': 10,
    'large Sum': 30,
    'large p50': 200,
    'large p95': 900,
  }
  account.answers['GetMetricData'] = metricData((name, workerClass, stat) => {
    if (workerClass === undefined) return figures[name] ?? [0]
    if (name === 'TasksFailed') return []
    const value = byClass[`${workerClass} ${stat}`]
    return value === undefined ? [] : [value, value]
  })
  account.answers['DescribeServices'] = services({ large: { runningCount: 2, desiredCount: 2 } })
  const { stdout, stderr } = await runOps('watch', ['sandbox', '--json'], { env: aws.env, stopWhen: /\n/ })
  expect(stderr).toBe('')
  expect(JSON.parse(stdout.split('\n')[0] ?? '')).toMatchObject({
    queue: { ready: 7, inFlight: 2, consumers: 3, deadLetters: 0 },
    backlog: [5, 9],
    classes: [
      { name: 'small', running: 1, slots: 1, capacity: 0.25, done: 20 },
      { name: 'large', running: 2, slots: 2, capacity: 2, done: 60, waitMs: { p50: 200, p95: 900 } },
    ],
  })
})
