import { describe, expect, it, test } from 'vitest'
import * as z from 'zod'
import { taskIdPattern } from '../../services/contract/task.ts'
import { type HandlerContext, type TaskType, taskType } from '../../services/contract/task-type.ts'
import { childId, Outbox, type SendCalls } from '../../services/worker/outbox.ts'

const resize = taskType({
  type: 'resize',
  payload: z.object({ image: z.url(), width: z.int().default(80) }),
  handler: './resize.handler.ts',
})
const crawl = taskType({
  type: 'crawl',
  payload: z.object({ page: z.int() }),
  sends: [resize, 'crawl', 'report'],
  continues: true,
  handler: './crawl.handler.ts',
})
const report = taskType({
  type: 'report',
  payload: z.object({ day: z.iso.date() }),
  handler: './r.handler.ts',
})
const image = 'https://example.com/a.png'

describe('what a declaration lists', () => {
  type Calls = Pick<HandlerContext<typeof crawl, typeof report>, 'send' | 'continueWith'>
  test('is what its handler may send, typed', () => {
    const typed = ({ send, continueWith }: Calls) => {
      send('resize', { image }, { priority: 3, id: 'a', delaySeconds: 5, tenant: 'acme' })
      send('crawl', { page: 2 })
      // a name alone is found among the declarations that the handler names
      send('report', { day: '2026-11-30' })
      continueWith({ page: 1 })
      // @ts-expect-error not in the list
      send('digest', {})
      // @ts-expect-error the payload of another type
      send('resize', { page: 2 })
      // @ts-expect-error no such option
      send('crawl', { page: 2 }, { colour: 'red' })
      // @ts-expect-error its own payload only
      continueWith({ image })
    }
    const nothing = ({ send }: HandlerContext<typeof resize>) => {
      // @ts-expect-error its type sends nothing
      send('resize', { image })
    }
    const unnamed = ({ send }: HandlerContext<typeof crawl>) => {
      // @ts-expect-error in the list by name, and the handler names no declaration
      send('report', { day: '2026-11-30' })
    }
    expect([typed, nothing, unnamed]).toHaveLength(3)
  })
})

const types = new Map<string, TaskType>([resize, crawl, report].map((type) => [type.type, type]))
const outboxOf = (declared: TaskType, more: { id?: string; sentBefore?: number } = {}, ledger = true) =>
  new Outbox(
    { slot: 0, id: 'p', type: declared.type, deliveryCount: 0, content: '', sentBefore: 0, ...more },
    declared,
    types,
    () => 'trace',
    ledger,
  )
const jsonOf = (content: Uint8Array) => JSON.parse(Buffer.from(content).toString())

describe('a handler that sends', () => {
  it('gives children their ids in order, also after a slice that has sent before', () => {
    const outbox = outboxOf(crawl, { sentBefore: 7 })
    const { send } = outbox.calls
    expect([
      send('resize', { image }),
      send('resize', { image }, { id: 'mine' }),
      send('crawl', { page: 1 }),
    ]).toEqual(['p.8', 'mine', 'p.10'])
    const { tasks = [] } = outbox.close() ?? {}
    expect(tasks.map(({ id, type, traceparent }) => [id, type, traceparent])).toEqual([
      ['p.8', 'resize', 'trace'],
      ['mine', 'resize', 'trace'],
      ['p.10', 'crawl', 'trace'],
    ])
    // as it was sent: the default is set where it is read
    expect(jsonOf(tasks[0]?.content ?? new Uint8Array())).toEqual({ image })
  })

  it('keeps the payload of its next slice', () => {
    const outbox = outboxOf(crawl)
    outbox.calls.continueWith({ page: 5 })
    const { tasks, continuation } = outbox.close() ?? {}
    expect([tasks, jsonOf(continuation ?? new Uint8Array())]).toEqual([[], { page: 5 }])
  })

  it('has sent nothing unless it does', () => {
    expect(outboxOf(crawl).close()).toBeUndefined()
  })

  const refused: [string, (calls: SendCalls) => void, RegExp][] = [
    ['a payload that does not fit', ({ send }) => send('resize', { image: 'x' }), /send\("resize"\).*image/],
    ['what JSON makes something else of', ({ send }) => send('crawl', { page: Number.NaN }), /page/],
    ['what is no JSON', ({ send }) => send('crawl', { page: 1n }), /not JSON.*BigInt/],
    ['nothing', ({ send }) => send('crawl', undefined), /not JSON: undefined/],
    [
      'more than the broker takes',
      ({ send }) => send('resize', { image: image + 'x'.repeat(524_288) }),
      /524288/,
    ],
    ['an unlisted type', ({ send }) => send('digest', {}), /task type crawl may not: list it in sends/],
    ['an id with a space', ({ send }) => send('crawl', { page: 1 }, { id: 'a b' }), /id/],
    ['its own id', ({ send }) => send('crawl', { page: 1 }, { id: 'p' }), /this task's own/],
    ['a priority of 32', ({ send }) => send('crawl', { page: 1 }, { priority: 32 }), /priority/],
    ['a delay of 0 s', ({ send }) => send('crawl', { page: 1 }, { delaySeconds: 0 }), /delaySeconds/],
    [
      'a delay of over a week',
      ({ send }) => send('crawl', { page: 1 }, { delaySeconds: 604_801 }),
      /delaySec/,
    ],
    ['a tenant with a space', ({ send }) => send('crawl', { page: 1 }, { tenant: 'a b' }), /tenant/],
    ['a slice that does not fit', ({ continueWith }) => continueWith({ page: 'x' }), /continueWith.*page/],
  ]
  it.each(refused)('is told at once of %s, and has not sent it', (_, call, message) => {
    const outbox = outboxOf(crawl)
    expect(() => call(outbox.calls)).toThrow(message)
    expect(outbox.close()).toBeUndefined()
  })

  it('may give each id once', () => {
    const { send } = outboxOf(crawl).calls
    send('crawl', { page: 1 }, { id: 'p.2' })
    expect(() => send('crawl', { page: 1 })).toThrow('the id p.2 is taken')
  })

  it('may not go on after its end', () => {
    const outbox = outboxOf(crawl)
    outbox.close()
    expect(() => outbox.calls.send('crawl', { page: 1 })).toThrow('the try is over')
    expect(() => outbox.calls.continueWith({ page: 1 })).toThrow('the try is over')
  })

  it('continues once, and only where its type says so', () => {
    const { continueWith } = outboxOf(crawl).calls
    continueWith({ page: 1 })
    expect(() => continueWith({ page: 2 })).toThrow('was called before')
    expect(() => outboxOf(resize).calls.continueWith({ image })).toThrow('continues: true')
  })

  it('sends a type that the registry has', () => {
    const lost = taskType({ type: 'lost', payload: z.any(), sends: ['gone'], handler: './l.handler.ts' })
    expect(() => outboxOf(lost).calls.send('gone', {})).toThrow('registry.ts has no such task type')
  })

  it('sends up to 1,000 tasks and 128 MiB', () => {
    const { send } = outboxOf(crawl).calls
    for (let page = 1; page <= 1_000; page += 1) send('crawl', { page })
    expect(() => send('crawl', { page: 1_001 })).toThrow('a try may send 1000 tasks')

    const large = outboxOf(crawl).calls
    const heavy = { image: `${image}?${'x'.repeat(524_288 - 100)}` }
    for (let count = 0; count < 256; count += 1) large.send('resize', heavy)
    expect(() => large.send('resize', heavy)).toThrow('a try may send 134217728 bytes')
  })
})

describe("a child's id", () => {
  it('is as long as an id may be at most, and differs where its whole differs', () => {
    let id = 'order-1042'
    const generations = Array.from({ length: 200 }, () => (id = childId(id, 12)))
    expect(generations[0]).toBe('order-1042.12')
    expect(generations.filter((each) => !taskIdPattern.test(each))).toEqual([])
    expect(new Set(generations).size).toBe(200)
    expect(childId('x'.repeat(128), 1)).not.toBe(childId('x'.repeat(128), 2))
    expect(childId('x'.repeat(128), 1)).toBe(childId('x'.repeat(128), 1))
  })
})
