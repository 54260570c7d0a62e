import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest'

type Event = Readonly<Record<string, unknown>>

const checker = join(import.meta.dirname, 'check.py')
const hasPython = spawnSync('python3', ['--version']).status === 0

/** What the harness says of a task that is sent, done and acknowledged once. */
const whole = [
  { event: 'run', at: 0, deliveryLimit: 2 },
  { event: 'sent', at: 10, id: 'a', by: 'p1' },
  { event: 'confirmed', at: 20, id: 'a', by: 'p1', since: 10 },
  { event: 'begun', at: 30, id: 'a', by: 'w1' },
  { event: 'done', at: 40, id: 'a', by: 'w1', since: 30 },
  { event: 'ended', at: 41, id: 'a', by: 'w1', outcome: 'done' },
] as const satisfies readonly Event[]

const again = [
  { event: 'begun', at: 5_000, id: 'a', by: 'w2' },
  { event: 'done', at: 5_100, id: 'a', by: 'w2', since: 5_000 },
] as const
const fault = (from: number, to: number, touched: 'all' | string[]): Event => ({
  ...{ event: 'fault', at: to, kind: 'worker-killed', from, to, touched },
})
const ended = (at: number, outcome: string): Event => ({ event: 'ended', at, id: 'a', by: 'w1', outcome })
const dead = (reason: string): Event => ({ event: 'dead', at: 9_000, id: 'a', by: 'broker', reason })
const without = (...events: readonly string[]) => whole.filter(({ event }) => !events.includes(event))
const sentAgain = { event: 'sent', at: 12, id: 'a', by: 'p1' }

/** Histories in which a guarantee was broken, by what the checker calls that. */
const planted: readonly (readonly [string, readonly Event[]])[] = [
  ['lost', without('begun', 'done', 'ended')],
  ['lost', [...without('done', 'ended'), ended(35, 'failed')]],
  ['invented', without('sent', 'confirmed')],
  ['invented', [...whole, { event: 'dead', at: 50, id: 'b', by: 'broker', reason: 'rejected' }]],
  ['never-begun', without('begun')],
  ['never-begun', [...whole, { event: 'done', at: 45, id: 'a', by: 'w1', since: 30 }]],
  ['acknowledged-early', [...without('ended'), ended(32, 'done')]],
  ['acknowledged-early', [...without('ended'), { ...ended(41, 'done'), by: 'w2' }]],
  ['repeated', [...whole, ...again]],
  // neither touched the worker while it ran
  ['repeated', [...whole, ...again, fault(30, 40, ['w2']), fault(2_000, 9_000, 'all')]],
  // one second message explains one repeat
  ['repeated', [...whole, ...again, sentAgain, { event: 'begun', at: 6_000, id: 'a', by: 'w1' }]],
  ['at-once', [...without('ended'), { ...again[0], at: 35 }, { ...again[1], since: 35 }]],
  ['dead-too-early', [...without('done', 'ended'), ended(35, 'failed'), dead('delivery_limit')]],
  ['dropped', [...without('begun', 'done', 'ended'), dead('expired')]],
  ['dead-though-done', [...whole, ended(42, 'permanent-failure'), dead('rejected')]],
  ['cancelled-by-nobody', [...whole, ended(42, 'cancelled')]],
]

/** Histories that the guarantees allow. */
const allowed: readonly (readonly [string, readonly Event[]])[] = [
  ['nothing fails', whole],
  ['a try failed', [...without('done', 'ended'), ended(35, 'failed'), ...again]],
  ['its worker was killed behind its work', [...without('ended'), fault(500, 600, ['w1']), ...again]],
  [
    'a worker and the broker lost sight of each other',
    [...[...whole, fault(25, 35, 'all'), { ...again[0], at: 35 }, { ...again[1], since: 35 }]],
  ],
  ['a client sent it twice', [...whole, ...again, sentAgain]],
  ['its producer got no confirm', [...whole, ...again, fault(15, 16, ['p1'])]],
  [
    'a node died while it waited for its time',
    [
      ...[...without('sent'), { event: 'sent', at: 10, id: 'a', by: 'p1', due: 3_000 }],
      ...[...again, fault(2_000, 2_100, 'all')],
    ],
  ],
  ['it failed for good', [...without('done', 'ended'), ended(35, 'permanent-failure'), dead('rejected')]],
  [
    'it failed more often than the limit',
    [
      ...[...without('done', 'ended'), ...[35, 36, 37].map((at) => ended(at, 'failed'))],
      dead('delivery_limit'),
    ],
  ],
  [
    'it was cancelled',
    [
      ...[...without('done', 'ended'), ended(35, 'cancelled')],
      { event: 'cancelled', at: 25, id: 'a', by: 'operator' },
    ],
  ],
  ['it was never confirmed', [whole[0], whole[1], { ...whole[2], event: 'unconfirmed' }]],
]

describe('the checker', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'warren-checker-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const check = (context: TestContext, events: readonly (Event | string)[]) => {
    if (!hasPython) context.skip('there is no python3 on the PATH')
    const file = join(folder, 'history.jsonl')
    writeFileSync(
      file,
      events.map((event) => `${typeof event === 'string' ? event : JSON.stringify(event)}\n`).join(''),
    )
    return spawnSync('python3', [checker, file], { encoding: 'utf8' })
  }

  /** Which kinds of violations the output names. */
  const named = (output: string) => [...output.matchAll(/^violated: (\S+) \S+: /gm)].map(([, kind]) => kind)

  it.for(planted)('finds what is planted: %s', ([kind, events], context) => {
    const { status, stdout } = check(context, events)
    expect(named(stdout)).toEqual([kind])
    expect(status).toBe(1)
  })

  it.for(allowed)('finds nothing where %s', ([_, events], context) => {
    const { status, stdout } = check(context, events)
    expect(named(stdout)).toEqual([])
    expect(stdout).toMatch(/no violation\n$/)
    expect(status).toBe(0)
  })

  it('every kind of violation that its page names is planted', () => {
    const page = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8')
    const [, table = ''] = page.split('## What it finds')
    const kinds = [...table.matchAll(/^\| `(\S+)` \|/gm)].map(([, kind]) => kind)
    expect(kinds.toSorted()).toEqual([...new Set(planted.map(([kind]) => kind))].toSorted())
  })

  it.for([
    ['that is no JSON', '{'],
    ['of an unknown kind', { event: 'resurrected', at: 1, id: 'a', by: 'w1' }],
    ['without a field', { event: 'done', at: 1, id: 'a', by: 'w1' }],
  ] as const)('calls no history sound that has a line %s', ([_, line], context) => {
    const { status, stderr } = check(context, [...whole, line])
    expect(stderr).toContain('line 7')
    expect(status).toBe(2)
  })
})
