import { expect, test } from 'vitest'
import { ladder, levelsPattern, publishable } from '../../services/contract/ladder.ts'
import { limits } from '../../services/contract/limits.ts'
import { levels, routeTo } from '../../services/contract/route.ts'
import { defaultTopology, definitions } from '../../services/contract/topology.ts'

const queue = 'a.b'
const { exchanges, queues, bindings, policies } = definitions(defaultTopology(queue))

/** The queues that a message comes through, first to last, as a broker with these definitions takes it. */
function wayOf(delaySeconds?: number): string[] {
  const way: string[] = []
  let at = routeTo(queue, delaySeconds)
  for (;;) {
    const [reached, ...others] = queuesFrom(at.exchange, at.routingKey)
    expect([at, reached, ...others]).toEqual([at, expect.any(String)])
    way.push(reached as string)
    const { 'x-dead-letter-exchange': exchange, 'x-dead-letter-routing-key': key } = argumentsOf(reached)
    if (exchange === undefined) return way
    at = { exchange: String(exchange), routingKey: String(key ?? at.routingKey) }
  }
}

function queuesFrom(exchange: string, key: string): string[] {
  const topic = exchanges.find(({ name }) => name === exchange)?.type === 'topic'
  return bindings
    .filter(
      ({ source, routing_key }) =>
        source === exchange && (topic ? matches(routing_key, key) : routing_key === key),
    )
    .flatMap(({ destination, destination_type }) =>
      destination_type === 'queue' ? [destination] : queuesFrom(destination, key),
    )
}

/** Of patterns that begin with `#.`, the only ones that there are. */
function matches(pattern: string, key: string): boolean {
  const [any, ...words] = pattern.split('.')
  const end = key.split('.').slice(-words.length)
  return (
    any === '#' &&
    end.length === words.length &&
    words.every((word, index) => word === '*' || word === end[index])
  )
}

const argumentsOf = (name: string | undefined): Readonly<Record<string, unknown>> =>
  queues.find((each) => each.name === name)?.arguments ?? {}

const delays = [
  ...Array.from({ length: 130 }, (_, index) => index + 1),
  ...Array.from({ length: levels }, (_, level) => 2 ** level).filter((delay) => delay <= limits.delaySeconds),
  3_599,
  86_400,
  limits.delaySeconds - 1,
  limits.delaySeconds,
]

test('a task waits on its way to the work queue as long as it was sent for, on no level twice', () => {
  expect(wayOf()).toEqual([queue])
  for (const delay of delays) {
    const way = wayOf(delay)
    const waited = way.map((name) => Number(argumentsOf(name)['x-message-ttl'] ?? 0))
    expect([delay, waited.reduce((sum, ms) => sum + ms, 0)]).toEqual([delay, delay * 1_000])
    expect(way.at(-1)).toBe(queue)
    expect(new Set(way).size).toBe(way.length)
  }
})

test('each level keeps what has no way on, and is given no more than a queue may hold', () => {
  for (const each of ladder(queue, '/', 7).queues)
    expect(each.arguments).toMatchObject({
      'x-dead-letter-strategy': 'at-least-once',
      'x-overflow': 'reject-publish',
    })
  expect(ladder(queue, '/', 7).policies).toMatchObject([
    { definition: { 'max-length': 7, 'delivery-limit': -1 } },
  ])
})

test('of the policies of queues with like names, each queue has one', () => {
  const all = ['tasks', 'my-tasks', 'tasks-2', 'a.b', 'axb'].map((name) => definitions(defaultTopology(name)))
  const names = all.flatMap((each) => each.queues.map(({ name }) => name))
  const patterns = all.flatMap((each) => each.policies.map(({ pattern }) => new RegExp(pattern)))
  for (const name of names)
    expect([name, patterns.filter((pattern) => pattern.test(name)).length]).toEqual([name, 1])
})

test('who may publish to some queues may publish to their ladders, and to nothing else', () => {
  const may = new RegExp(publishable('tasks', 'a.b'))
  const routes = delays.flatMap((delay) => ['tasks', 'a.b'].map((name) => routeTo(name, delay).exchange))
  for (const exchange of ['tasks', 'a.b', ...routes])
    expect([exchange, may.test(exchange)]).toEqual([exchange, true])
  for (const other of [
    'my-tasks',
    'tasks.dead',
    'axb',
    'axb.later.00',
    'tasks.later.000',
    'my-tasks.later.00',
    '',
  ])
    expect([other, may.test(other)]).toEqual([other, false])
  expect(publishable()).toBe('')
  expect(policies.at(-1)?.pattern).toBe(levelsPattern(queue))
})
