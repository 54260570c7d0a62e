import { setTimeout as delay } from 'node:timers/promises'
import { type BenchQueue, createBenchQueue } from './bench-queue.ts'
import type { Benchmark, Plot, Result, Setting } from './benchmark.ts'
import { bareLoop, type Contender, type Running, start, warren } from './contenders.ts'
import {
  type Crew,
  crews,
  heavyTailed,
  type Mix,
  minMakespan,
  provenBound,
  slotsOf,
  tutorial,
} from './mixes.ts'
import { withDefaults } from './peers/contenders.ts'
import { watchForStall } from './stall.ts'
import { encode } from './wire.ts'

const roundRobin: Contender = {
  ...warren,
  name: 'round robin (automatic ack)',
  variables: (place) => ({ ...warren.variables(place), WORKER_ACK: 'auto', WORKER_PREFETCH: '0' }),
}
const prefetchTen: Contender = {
  ...bareLoop,
  name: 'prefetch 10',
  variables: (place) => ({ ...bareLoop.variables(place), PREFETCH: '10' }),
}

/** How long a backlog takes on workers of mixed speed, against what no schedule is below. */
export const fairness: Benchmark = {
  id: 'fairness',
  measures:
    "makespan over the shortest possible: the tutorial's 50 tasks of 1 s or 0.5 s, and heavy-tailed lengths, on two workers with a slot each; heavy-tailed lengths on 8 and 32 slots, in four workers of mixed speed",
  limit:
    'on two slots the best of all schedules, by one who knows lengths and speeds; on 8 and 32 a bound that no schedule is below, nor need any reach (1)',
  peers:
    'round robin (automatic ack), prefetch 10, Celery and Dramatiq with their defaults; all at once, since they sleep',
  async *run(setting) {
    const all: Result[] = []
    for (const crew of crews) {
      const results = await withCrew(crew, setting)
      all.push(...results)
      yield { results }
    }
    yield { results: [], plots: ['log-normal', 'pareto'].map((mix) => plotOf(mix, all)) }
  },
}

/** A contender's processes, with a queue of their own. */
interface Team {
  readonly contender: Contender
  readonly queue: BenchQueue
  readonly members: readonly Running[]
}

async function withCrew(crew: Crew, setting: Setting): Promise<readonly Result[]> {
  const { peers, show } = setting
  await using stack = new AsyncDisposableStack()
  const teams: Team[] = []
  for (const contender of [warren, roundRobin, prefetchTen, ...(peers ? withDefaults(peers) : [])]) {
    show(`${slotsOf(crew)} slots: starting ${contender.name}`)
    teams.push(await startTeam(contender, crew, setting, stack))
  }
  const mixes = [...(slotsOf(crew) === 2 ? [tutorial] : []), ...heavyTailed(slotsOf(crew))]
  const results: Result[] = []
  for (const mix of mixes) {
    const makespans = await Promise.all(teams.map((team) => makespan(team, mix, setting)))
    const best = minMakespan(mix, crew)
    const ratios = teams.map(({ contender }, at) => [contender.name, (makespans[at] ?? 0) / best] as const)
    results.push(resultOf(mix, crew, ratios))
  }
  return results
}

async function startTeam(
  contender: Contender,
  crew: Crew,
  { broker, bundles, peers, signal }: Setting,
  stack: AsyncDisposableStack,
): Promise<Team> {
  const queue = stack.use(await createBenchQueue(broker))
  const members: Running[] = []
  for (const { factor, slots } of crew) {
    const place = { queue, slots, factor, bundles, peers }
    members.push(stack.use(await start(contender, place, signal)))
  }
  return { contender, queue, members }
}

/** Publishes the tasks and waits until all are done: from the first start to the last end, in milliseconds. */
async function makespan({ contender, queue, members }: Team, mix: Mix, setting: Setting): Promise<number> {
  const { show } = setting
  const alive = AbortSignal.any(members.map(({ signal }) => signal))
  const ids = new Set(mix.lengths.map((_, at) => `${mix.id}-${at}`))
  const work = mix.lengths.map(
    (ms, at) => ({ type: 'sleep', payload: { ms }, id: `${mix.id}-${at}` }) as const,
  )
  await queue.fill(work.map((each) => encode(contender.wire, queue.name, each)))
  const moves = watchForStall(`what ${contender.name} has done of ${ids.size} tasks`)
  for (;;) {
    const tries = members.flatMap((member) => triesOf(member.output())).filter(({ id }) => ids.has(id))
    if (tries.length >= mix.lengths.length) {
      return Math.max(...tries.map(({ end }) => end)) - Math.min(...tries.map(({ start }) => start))
    }
    moves(tries.length)
    show(`${mix.id}, ${members.length} processes: ${contender.name} has done ${tries.length} of ${ids.size}`)
    await delay(200, undefined, { signal: alive })
  }
}

/** From the lines that a contender wrote; times in milliseconds since 1970. */
function triesOf(output: string) {
  const lines = output.split('\n').slice(0, -1)
  // Warren's or Python's way to write JSON, among lines that are none
  const tasks = lines.filter((line) => /^\{.*"msg": ?"task"/.test(line))
  return tasks.map((line) => {
    const { id, startedAt, durationMs } = JSON.parse(line)
    const from = new Date(startedAt).getTime()
    return { id: String(id), start: from, end: from + Number(durationMs) }
  })
}

function resultOf(mix: Mix, crew: Crew, ratios: readonly (readonly [string, number])[]): Result {
  const { [warren.name]: ours = Number.NaN, ...peers } = Object.fromEntries(ratios)
  const of = slotsOf(crew) === 2 ? 'optimum' : 'lower bound'
  const [most, text] =
    mix === tutorial
      ? [1.005, 'at most 1.005 × the optimum']
      : [provenBound(crew), `within the proven bound, ${provenBound(crew).toFixed(2)} × the ${of}`]
  return {
    id: mix === tutorial ? 'fairness/tutorial' : `fairness/${mix.id}-${slotsOf(crew)}-workers`,
    ...{ unit: `× ${of}`, better: 'less', ours, limit: 1, peers },
    claim: { text, holds: ours <= most },
  }
}

function plotOf(mix: string, results: readonly Result[]): Plot {
  const rows = results.filter(({ id }) => id.startsWith(`fairness/${mix}-`))
  const slots = ({ id }: Result) => Number(/-(\d+)-workers$/.exec(id)?.[1])
  const names = Object.keys(rows[0]?.peers ?? {})
  return {
    title: `Makespan of ${mix} lengths`,
    ...{ x: 'slots', y: 'makespan over what no schedule is below', logX: true },
    series: [
      { name: warren.name, points: rows.map((row) => [slots(row), row.ours] as const) },
      ...names.map((name) => ({
        name,
        points: rows.map((row) => [slots(row), row.peers[name] ?? 0] as const),
      })),
    ],
  }
}
