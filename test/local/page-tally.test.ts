import { beforeEach, describe, expect, test } from 'vitest'
import * as z from 'zod'
import type { Member } from '../../local/crew.ts'
import { Tally } from '../../local/page/tally.ts'
import { taskForm } from '../../local/page/task-forms.ts'
import type { TaskLogLine } from '../../services/contract/log.ts'
import { digest } from '../../services/tasks/digest.ts'
import { sleep } from '../../services/tasks/sleep.ts'
import { line } from './lines.ts'

const slow: Member = { class: 'slow', mode: 'fair' }
const fast: Member = { class: 'fast', mode: 'fair' }
const autoFast: Member = { class: 'fast', mode: 'auto' }
let tally: Tally

beforeEach(() => {
  tally = new Tally()
  tally.watched = true
  for (const member of [slow, fast]) tally.record({ msg: 'consuming', slot: 0 }, member)
})

/** What a class did in a mode. */
const share = (mode: string, name: string) =>
  tally.take().shares.find((share) => share.mode === mode && share.class === name)

describe('the split', () => {
  test('counts what was done, by the mode and class of the worker that did it', () => {
    for (const task of [1, 2, 3]) tally.task(line('fast', task, 0, 100), fast)
    tally.task(line('slow', 4, 0, 100), slow)
    tally.task(line('fast', 5, 0, 100), autoFast)
    expect(share('fair', 'fast')).toMatchObject({ done: 3 })
    expect(share('fair', 'slow')).toMatchObject({ done: 1 })
    expect(share('auto', 'fast')).toMatchObject({ done: 1 })
    expect(share('auto', 'slow')).toEqual({ mode: 'auto', class: 'slow', done: 0, p50: null, p95: null })
  })

  test('leaves failed tries out, which are counted beside it', () => {
    tally.task(line('fast', 1, 0, 100, { outcome: 'failed' }), fast)
    tally.task(line('fast', 2, 0, 100, { outcome: 'handed-back' }), fast)
    expect(tally.take()).toMatchObject({ failed: 1, shares: expect.not.arrayContaining([{ done: 1 }]) })
    expect(share('fair', 'fast')).toMatchObject({ done: 0 })
  })

  test('says how long the last thousand had waited', () => {
    for (let ms = 1; ms <= 3_000; ms += 1) tally.task(line('fast', ms, 0, 1, { waitMs: ms }), fast)
    expect(share('fair', 'fast')).toMatchObject({ done: 3_000, p50: 2_500, p95: 2_950 })
  })

  test('begins again when asked to', () => {
    tally.task(line('fast', 1, 0, 100), fast)
    tally.record({ msg: 'tasks lost: the broker forgot them when it sent them', tasks: 7 }, autoFast)
    expect(tally.take()).toMatchObject({ lost: 7 })
    tally.reset()
    expect(tally.take()).toMatchObject({ lost: 0, failed: 0 })
    expect(share('fair', 'fast')).toMatchObject({ done: 0 })
  })
})

describe('the waits', () => {
  const done = (task: number, others: Partial<TaskLogLine>) =>
    tally.task(line('fast', task, 0, 1, others), fast)

  test('are told by priority, the highest first, and by tenant, who has most first', () => {
    done(1, { priority: 4, waitMs: 10 })
    done(2, { priority: 12, waitMs: 20 })
    for (const task of [3, 4]) done(task, { priority: 4, waitMs: 30, tenant: 'acme' })
    done(5, { priority: 4, waitMs: null, tenant: 'globex' })
    done(6, { priority: 4, waitMs: 99, tenant: 'acme', outcome: 'failed' })
    expect(tally.take().waits).toEqual({
      priorities: [
        { name: '12', done: 1, p50: 20, p95: 20 },
        { name: '4', done: 4, p50: 30, p95: 30 },
      ],
      tenants: [
        { name: 'acme', done: 2, p50: 30, p95: 30 },
        { name: 'globex', done: 1, p50: null, p95: null },
      ],
    })
  })

  test('are of few tenants where there are many, and of none that has gone silent', () => {
    for (let tenant = 0; tenant < 1_000; tenant += 1) done(tenant, { tenant: `tenant-${tenant}`, waitMs: 1 })
    done(1_000, { tenant: 'tenant-999', waitMs: 1 })
    done(1_001, { tenant: 'tenant-0', waitMs: 1 })
    const names = tally.take().waits.tenants.map(({ name, done }) => [name, done])
    expect(names[0]).toEqual(['tenant-999', 2])
    expect(names.length).toBeLessThan(20)
    expect(names).not.toContainEqual(['tenant-0', 2])
  })

  test('begin again when asked to', () => {
    done(1, { tenant: 'acme' })
    tally.reset()
    expect(tally.take().waits).toEqual({ priorities: [], tenants: [] })
  })
})

describe('the lanes', () => {
  test('are numbered by class, and a successor has the lane of the one that leaves', () => {
    const next: Member = { class: 'fast', mode: 'auto' }
    tally.record({ msg: 'draining' }, fast)
    tally.record({ msg: 'consuming', slot: 0 }, next)
    tally.record({ msg: 'consuming', slot: 0 }, { class: 'fast', mode: 'auto' })
    const rows = () => tally.take().lanes.map(({ row, leaving }) => `${row}${leaving ? ' leaves' : ''}`)
    expect(rows()).toEqual(['slow 1', 'fast 1 leaves', 'fast 1', 'fast 2'])
    tally.ended(fast)
    expect(rows()).toEqual(['slow 1', 'fast 1', 'fast 2'])
  })

  test('show a task that takes long while it runs', () => {
    const running = () => tally.take().lanes.map(({ runningSince }) => runningSince)
    tally.record({ msg: 'running', slot: 0, startedAt: '2026-01-01T00:00:00.000Z' }, slow)
    expect(running()).toEqual([Date.UTC(2026, 0, 1), null])
    tally.task(line('slow', 1, 0, 500), slow)
    expect(running()).toEqual([null, null])
  })

  test('have a bar for each long try, and few for many short ones', () => {
    for (const task of [1, 2]) tally.task(line('slow', task, task * 100, 100), slow)
    for (let task = 0; task < 200; task += 1) tally.task(line('fast', task, task, 1), fast)
    const { bars } = tally.take()
    expect(bars.map(({ row, tries }) => `${row}: ${tries}`)).toEqual([
      'slow 1: 1',
      'slow 1: 1',
      'fast 1: 200',
    ])
    expect(bars[2]).toMatchObject({ to: (bars[2]?.from ?? 0) + 200, failed: false })
    expect(tally.take().bars).toEqual([])
  })

  test('keep nothing when nobody looks', () => {
    tally.watched = false
    tally.task(line('slow', 1, 0, 100), slow)
    expect(tally.take()).toMatchObject({ bars: [] })
    expect(share('fair', 'slow')).toMatchObject({ done: 1 })
  })
})

describe('the form', () => {
  test('has an input for each field of a task type', () => {
    const number = { kind: 'number', required: true, min: 0, max: 3_600_000 }
    expect([sleep, digest].map(taskForm)).toMatchObject([
      { type: 'sleep', fields: [{ name: 'ms', ...number, value: '500', step: 'any' }] },
      { type: 'digest', fields: [{ name: 'rounds', required: false, value: '1000000', step: '1' }] },
    ])
  })

  test('takes any payload, as JSON where no input fits', () => {
    const payload = z.object({
      image: z.url(),
      size: z.int(),
      tags: z.array(z.string()),
      at: z.date().optional(),
    })
    expect(taskForm({ type: 'resize', payload }).fields?.map(({ name, kind }) => `${name}: ${kind}`)).toEqual(
      ['image: text', 'size: number', 'tags: json', 'at: json'],
    )
    expect(taskForm({ type: 'resize', payload }).fields?.[1]).toMatchObject({
      min: undefined,
      max: undefined,
    })
    expect(taskForm({ type: 'any', payload: z.unknown() })).toEqual({ type: 'any', fields: null })
  })
})
