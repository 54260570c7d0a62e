import { statSync } from 'node:fs'
import { buildSync } from 'esbuild'
import { createQueue } from '../../test/support/queue.ts'
import type { Benchmark, Measured, Result } from './benchmark.ts'
import { type Cold, cases, measureCold, measureWarm, type PerWay, perWay } from './producer/measure.ts'

/** What a request costs: tasks a second, the wait for the answer, and the first answer after a cold start. */
export const producer: Benchmark = {
  id: 'producer',
  measures:
    'one request of 1, 50 and 1,000 tasks of 0.2, 4 and 200 KB (as many as 4 MiB hold) to the Lambda function, until every task is confirmed; its bundle; and its first request after a cold start, without the read of its secret',
  limit:
    'amqplib alone: parses the same request, checks nothing, and publishes it at once on a connection that is kept',
  peers: 'amqplib that waits for each confirm; amqplib with a connection of its own for each request',
  async *run(setting) {
    await using queue = await createQueue(setting.broker)
    const bundle = `${setting.bundles.lambda('producer')}/index.mjs`
    const variables = { ...queue.environment('producer'), METRICS_NAMESPACE: 'bench' }
    const stage = { queue, bundle, variables }
    const warm = await measureWarm(stage, setting)
    yield { results: [...warmResults(warm), size(bundle)], plots: plots(warm) }
    yield { results: coldResults(await measureCold(stage, setting)) }
  },
}

const names = { oneByOne: 'amqplib, each confirm awaited', connectionEach: 'amqplib, a connection each' }

/** Two rows for each case: milliseconds for a request, and what that is in tasks a second where there are many. */
function warmResults(warm: readonly PerWay<number>[]): Result[] {
  return cases.flatMap(({ shape }, index): Result[] => {
    const ms = warm[index]
    if (!ms) return []
    const id = `producer/${shape.tasks}-tasks-${shape.bytes / 1_000}-kb`
    const latency = row(id, 'ms', 'less', ms)
    if (shape.tasks === 1) {
      const over = ms.warren - ms.pipelined
      const text = 'a warm request of one task takes no more than 1 ms longer than the bare confirm'
      return [{ ...latency, claim: { text, holds: over <= 1 } }]
    }
    const perSecond = perWay((way) => (1_000 * shape.tasks) / ms[way])
    const rate = row(`${id}/rate`, 'tasks/s', 'more', perSecond)
    if (shape.tasks < 1_000) return [latency, rate]
    const text = '1,000 tasks in one request reach 0.9 of a bare pipelined publisher'
    return [latency, { ...rate, claim: { text, holds: ms.pipelined / ms.warren >= 0.9 } }]
  })
}

function coldResults(cold: PerWay<Cold>): Result[] {
  const load = perWay((way) => cold[way].load)
  const firstConfirm = perWay((way) => cold[way].firstConfirm)
  return [
    row('producer/cold-load', 'ms', 'less', load),
    row('producer/cold-first-confirm', 'ms', 'less', firstConfirm),
  ]
}

function size(bundle: string): Result {
  const kb = statSync(bundle).size / 1_000
  const claim = { text: 'the bundle has no more than 300 KB, the AWS SDK outside', holds: kb <= 300 }
  return { id: 'producer/bundle', unit: 'KB', better: 'less', ours: kb, limit: amqplibKb(), peers: {}, claim }
}

/** Of amqplib alone, bundled with those of the producer's options that matter for its size. */
function amqplibKb(): number {
  const stdin = { contents: "export * from 'amqplib'", resolveDir: import.meta.dirname }
  const target = { platform: 'node', target: 'node24', format: 'esm' } as const
  const { outputFiles } = buildSync({ stdin, ...target, bundle: true, minify: true, write: false })
  return outputFiles.reduce((sum, { contents }) => sum + contents.length, 0) / 1_000
}

function row(id: string, unit: string, better: Result['better'], ms: PerWay<number>): Result {
  const { warren: ours, pipelined: limit, oneByOne, connectionEach } = ms
  const peers = { [names.oneByOne]: oneByOne, [names.connectionEach]: connectionEach }
  return { id, unit, better, ours, limit, peers }
}

function plots(warm: readonly PerWay<number>[]): Measured['plots'] {
  const small = cases.flatMap(({ shape }, index) => {
    const ms = warm[index]
    return shape.bytes === 200 && ms ? [{ tasks: shape.tasks, ms }] : []
  })
  const series = (name: string, way: keyof PerWay<number>) => ({
    name,
    points: small.map(({ tasks, ms }) => [tasks, ms[way]] as const),
  })
  return [
    {
      title: 'A request of tasks of 0.2 KB until all are confirmed',
      x: 'tasks in the request',
      y: 'ms',
      logX: true,
      logY: true,
      series: [
        series('Warren', 'warren'),
        series('amqplib, pipelined', 'pipelined'),
        series(names.oneByOne, 'oneByOne'),
        series(names.connectionEach, 'connectionEach'),
      ],
    },
  ]
}
