import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from '../../../client/src/client.ts'
import type { NewTask } from '../../../client/src/task.ts'
import { type ProducerProcess, startProducer } from '../../../local/producer-process.ts'
import type { TaskLogLine } from '../../../services/contract/log.ts'
import { seededRandom } from '../../random.ts'
import { exponential } from '../../simulate/distributions.ts'
import { createBenchQueue } from '../bench-queue.ts'
import type { Setting } from '../benchmark.ts'
import { warren } from '../contenders.ts'
import { startProcess } from '../process.ts'

/** Who sends what, and who does it. */
export const load = {
  seconds: 60,
  quietTenants: 9,
  /** Of each quiet tenant, in the mean. */
  tasksPerSecond: 1,
  noisyTasks: 100_000,
  noisyRequest: 1_000,
  slots: 2,
  taskMs: 100,
} as const

export interface Scene {
  readonly producers: number
  /** Whether the tasks say whose they are. */
  readonly named: boolean
  /** Whether the noisy tenant is there. */
  readonly noisy: boolean
}

/** A task of a quiet tenant. */
export interface QuietTask {
  /** Since the beginning, in seconds. */
  readonly sentAt: number
  /** Until its handler began, or until the measurement ended. */
  readonly waitMs: number
  readonly done: boolean
}

/** A request, and when it is due, in seconds since the beginning. */
interface Request {
  readonly at: number
  readonly tasks: readonly (NewTask & { readonly id: string })[]
}

/** Sends for a minute, each request to the next producer, and says how long the quiet tenants' tasks waited. */
export async function playScene(scene: Scene, setting: Setting): Promise<readonly QuietTask[]> {
  const { broker, bundles, peers, signal, show } = setting
  await using stack = new AsyncDisposableStack()
  const queue = stack.use(await createBenchQueue(broker))
  const producers = Array.from({ length: scene.producers }, () =>
    startProducer(bundles.lambda('producer'), { variables: queue.environment }, 0),
  )
  for (const each of producers) stack.defer(() => each.kill())
  const ledger = createLedger()
  const place = { queue, slots: load.slots, bundles, peers }
  const worker = stack.use(startProcess(warren, place, signal, ledger.read))
  while ((await queue.counts()).consumers < load.slots) await delay(20, undefined, { signal: worker.signal })

  const requests = requestsOf(scene)
  const quiet = requests.filter(({ tasks }) => tasks.length === 1)
  const sentAt = await sendAll(requests, producers, worker.signal, (sent) =>
    show(`tenants: ${describe(scene)}, ${sent} of ${requests.length} requests sent`),
  )
  const done = () => quiet.every(({ tasks: [task] }) => ledger.waits.has(task?.id ?? ''))
  // without tenants most wait for an hour
  const until = performance.now() + 5_000
  while (!done() && performance.now() < until) await delay(100, undefined, { signal: worker.signal })
  const endedAt = Date.now()
  return quiet.map(({ at, tasks: [task] }) => {
    const id = task?.id ?? ''
    const waitMs = ledger.waits.get(id)
    return { sentAt: at, waitMs: waitMs ?? endedAt - (sentAt.get(id) ?? endedAt), done: waitMs !== undefined }
  })
}

/** In the order of their times: the quiet tenants' at random ones, the same in every scene. */
function requestsOf({ named, noisy }: Scene): readonly Request[] {
  const random = seededRandom(1)
  const make = (tenant: string, number: number) => ({
    id: `${tenant}-${number}`,
    type: 'hold',
    payload: { ms: load.taskMs },
    tenant: named ? tenant : undefined,
  })
  const requests: Request[] = []
  const pause = exponential(1 / load.tasksPerSecond)
  for (let tenant = 1; tenant <= load.quietTenants; tenant += 1) {
    for (let at = pause(random), number = 1; at < load.seconds; at += pause(random), number += 1) {
      requests.push({ at, tasks: [make(`quiet-${tenant}`, number)] })
    }
  }
  const count = noisy ? load.noisyTasks / load.noisyRequest : 0
  for (let request = 0; request < count; request += 1) {
    const first = request * load.noisyRequest
    const tasks = Array.from({ length: load.noisyRequest }, (_, at) => make('noisy', first + at))
    requests.push({ at: (request * load.seconds) / count, tasks })
  }
  return requests.toSorted((one, other) => one.at - other.at)
}

/** Sends each when it is due, whether or not the one before is answered. @returns when, by id */
async function sendAll(
  requests: readonly Request[],
  producers: readonly ProducerProcess[],
  signal: AbortSignal,
  onProgress: (sent: number) => void,
): Promise<ReadonlyMap<string, number>> {
  const endpoints = await Promise.all(producers.map(({ endpoint }) => endpoint))
  const begun = Date.now()
  const sentAt = new Map<string, number>()
  const answers: Promise<unknown>[] = []
  for (const [index, { at, tasks }] of requests.entries()) {
    await delay(Math.max(0, begun + at * 1_000 - Date.now()), undefined, { signal })
    for (const { id } of tasks) sentAt.set(id, Date.now())
    const client = createClient({ endpoint: endpoints[index % endpoints.length] ?? '' })
    answers.push(client.sendBatch(tasks, { signal }))
    onProgress(index + 1)
  }
  await Promise.all(answers)
  return sentAt
}

/** Reads what a worker writes: how long each task of a quiet tenant waited, by id. */
function createLedger() {
  const waits = new Map<string, number>()
  let rest = ''
  return {
    waits: waits as ReadonlyMap<string, number>,
    read(chunk: string) {
      const lines = `${rest}${chunk}`.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const { msg, id, waitMs } = JSON.parse(line) as TaskLogLine
        if (msg === 'task' && id.startsWith('quiet-') && waitMs !== null) waits.set(id, waitMs)
      }
    },
  }
}

function describe({ producers, named, noisy }: Scene): string {
  const who = noisy ? `ten tenants, ${named ? 'named' : 'not named'}` : 'nine tenants'
  return `${who}, ${producers} ${producers === 1 ? 'producer' : 'producers'}`
}
