import { startLedger } from '../../local/ledger-process.ts'
import type { Benchmark, Result, Setting } from './benchmark.ts'
import { bundleForBench } from './bundles.ts'
import { type Contender, warren } from './contenders.ts'
import { startStub } from './ledger/stub.ts'
import { median } from './median.ts'
import { turns } from './turns.ts'
import { shared } from './waiting/contenders.ts'
import { measureWaits } from './waiting/measure.ts'
import { measureRate } from './waiting/without-work.ts'

const rounds = 3
const atATime = 64
/** Fewer before it counts than elsewhere: with a ledger a task that does nothing takes some times as long. */
const load = { warmUp: 3_000, backlog: 60_000 }
const names = {
  stub: 'with a ledger, DynamoDB answers at once',
  embedded: 'with a ledger, embedded DynamoDB',
}

/** What a worker is with a ledger, and what it is without. */
export const ledger: Benchmark = {
  id: 'ledger',
  measures:
    'what a ledger costs a worker: how much longer a task takes whose handler returns at once, in one slot; and tasks a second of 64 slots that share a thread, where each waits 500 ms and where it does nothing. Against a DynamoDB of a few lines that answers at once, and against the embedded one, which has the same two cores for itself',
  limit: 'the same worker without a ledger',
  peers: 'none',
  async *run(setting) {
    await using stack = new AsyncDisposableStack()
    const bundles = stack.use(bundleForBench(true))
    const stub = stack.use(await startStub())
    const embedded = await startLedger()
    stack.defer(() => embedded.stop())
    const { LEDGER_TABLE, LEDGER_DAYS, LEDGER_ENDPOINT = '' } = embedded.variables
    const kept = (contender: Contender, name: string, endpoint: string): Contender => ({
      ...contender,
      name,
      command: (place) => contender.command({ ...place, bundles }),
      variables: (place) => ({
        ...contender.variables(place),
        ...{ LEDGER_TABLE, LEDGER_DAYS, LEDGER_ENDPOINT: endpoint, DELIVERY_LIMIT: '10' },
      }),
    })
    const all = (contender: Contender) =>
      [
        contender,
        kept(contender, names.stub, stub.endpoint),
        kept(contender, names.embedded, LEDGER_ENDPOINT),
      ] as const
    const one = await measured(all(warren), setting, (each) =>
      measureRate(each, setting, { ...load, atATime: 1 }),
    )
    yield { results: ends(one) }
    const waits = await measured(all(shared), setting, async (each) => {
      return (await measureWaits(each, { ...setting, atATime, limited: false })).tasksPerSecond
    })
    yield { results: [ratio('ledger/64-waiting', waits, true)] }
    const idle = await measured(all(shared), setting, (each) =>
      measureRate(each, setting, { ...load, atATime }),
    )
    yield { results: [ratio('ledger/64-without-work', idle, false)] }
  },
}

/** Tasks a second: without a ledger, with the stub, with the embedded one. */
type Rates = readonly [number, number, number]
type Three = readonly [Contender, Contender, Contender]

async function measured(
  contenders: Three,
  setting: Setting,
  measure: (contender: Contender) => Promise<number>,
): Promise<Rates> {
  const rates = new Map(contenders.map((contender): [Contender, number[]] => [contender, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of turns(contenders, round)) {
      setting.show(`ledger: round ${round + 1} of ${rounds}, ${contender.name}`)
      rates.get(contender)?.push(await measure(contender))
    }
  }
  const [without, stub, embedded] = contenders
  const of = (contender: Contender) => median(rates.get(contender) ?? [])
  return [of(without), of(stub), of(embedded)]
}

function ends([without, stub, embedded]: Rates): Result[] {
  const added = (rate: number) => 1_000 / rate - 1_000 / without
  return [
    {
      ...{ id: 'ledger/end', unit: 'ms', better: 'less', ours: 1_000 / stub, limit: 1_000 / without },
      peers: { [names.embedded]: 1_000 / embedded },
      claim: {
        text: 'at most 10 ms more for a task, also where DynamoDB shares the cores',
        holds: added(stub) <= 10 && added(embedded) <= 10,
      },
    },
  ]
}

function ratio(id: string, [without, stub, embedded]: Rates, claimed: boolean): Result {
  return {
    ...{ id, unit: 'tasks/s', better: 'more', ours: stub, limit: without },
    peers: { [names.embedded]: embedded },
    ...(claimed
      ? { claim: { text: 'at least 0.8 of those without a ledger', holds: stub >= 0.8 * without } }
      : {}),
  }
}
