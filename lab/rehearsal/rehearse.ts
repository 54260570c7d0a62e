import type { NewTask } from '../../client/src/task.ts'
import type { Assembly } from '../../ops/assembly.ts'
import type { Docker } from '../../test/support/docker.ts'
import { watchLoad } from '../tutorial/experiments/load.ts'
import { burst } from './burst.ts'
import { type NotExecuted, notExecuted } from './not-executed.ts'
import { notInFull } from './not-in-full.ts'
import type { PhaseClock } from './phase-clock.ts'
import {
  allDone,
  deadLetter,
  describeSplit,
  firstFigures,
  type Show,
  scaleAll,
  sendAndWait,
  stopInMidTask,
} from './phases.ts'
import type { ScalingStep } from './scale-phase.ts'
import { type ServiceScaling, scalingOf } from './scaling.ts'
import type { Service } from './service.ts'
import { type QueueStage, type Stage, setStage } from './stage.ts'
import { allDoneInLedger, followStates } from './states.ts'

export interface RehearsalOptions {
  readonly assembly: Assembly
  readonly engine: Promise<Docker>
  readonly say: (line: string) => void
  readonly show: Show
  readonly clock: PhaseClock
  /** What is started is ended when this is. */
  readonly stack: AsyncDisposableStack
}

/** How long a worker took from `docker run` to its first consumer. */
export interface Start {
  readonly class: string
  readonly seconds: number
}

/** What was seen. */
export interface Rehearsal {
  readonly stage: Stage
  /** Also those without prefetch limit. */
  readonly services: readonly Service[]
  /** Tasks that the API had accepted and that were not done. */
  readonly lost: number
  /** Tasks that were tried more than once. */
  readonly repeated: number
  readonly starts: readonly Start[]
  /** Of the first command's tasks. */
  readonly split: Readonly<Record<string, number>>
  /** How busy the machine was meanwhile, in words; undefined when the CPU was there that the classes are to have. */
  readonly busy: string | undefined
  readonly splitWithoutPrefetch: Readonly<Record<string, number>>
  /** By how much the template's minutes were shorter. */
  readonly factor: number
  readonly scaling: readonly ScalingStep[]
  readonly notExecuted: readonly NotExecuted[]
}

/** A minute of the policies takes two seconds: alarms that need five of them fit into a rehearsal. */
const factor = 30

/** Of a class: enough to see it scale, and few enough for two cores. */
const maxTasks = 4

/** Plays a deployment through on this machine. @throws Error that names what does not work. */
export async function rehearse(options: RehearsalOptions): Promise<Rehearsal> {
  const stage = await setStage({ ...options, factor })
  const scalings = scalingOf(stage.deployment).map((scaling) => ({
    ...scaling,
    max: Math.min(scaling.max, maxTasks),
  }))
  return Promise.race([play(stage, scalings, options), stage.failure])
}

async function play(
  stage: Stage,
  scalings: readonly ServiceScaling[],
  { say, show, clock }: RehearsalOptions,
): Promise<Rehearsal> {
  const { services, ledger, caller } = stage
  const uncovered = [
    ...notExecuted(stage.deployment),
    ...notInFull(stage.deployment, maxTasks),
    ...stage.moreQueues.map(({ deployment }) => ({
      what: `tasks and scaling of queue ${deployment.output('QueueName')}`,
      test: 'test/integration/producer-queues.test.ts',
    })),
  ]
  for (const queue of stage.moreQueues) await furtherQueue(queue, say)
  if (stage.moreQueues.length > 0) clock.ended('further queues')
  const least = ({ name }: { name: string }) => scalings.find(({ service }) => service === name)?.min ?? 1
  await scaleAll(services, least)
  const starts = await startTimes(stage)
  say(`workers consume and are healthy: ${describeStarts(starts)}`)
  clock.ended('functions and first workers')
  await deadLetter(stage)
  say(`${stage.operator.path}: a dead letter counted, listed and sent back`)
  await firstFigures(stage)
  say('the probe has figures')
  clock.ended('dead letter, first figures')
  const hasLedger = stage.deployment.all('AWS::DynamoDB::Table').length > 0
  const followed = hasLedger ? await followStates(stage) : []
  if (hasLedger)
    say('the ledger tells of a task that runs, one that is done, one that is dead and is redriven')

  const drained = await stopInMidTask(stage, 8)
  say(`every worker finished its task of 8 s after SIGTERM`)
  clock.ended('stop in mid-task')
  const greedy = services.map((service) =>
    service.with(`${service.name}, no limit`, { WORKER_PREFETCH: '0' }),
  )
  const without = await withoutPrefetch(stage, greedy, show)
  const splitWithoutPrefetch = ledger.split(without)
  say(`${without.length} digest tasks without prefetch limit: ${describeSplit(splitWithoutPrefetch)}`)
  clock.ended('without prefetch limit')

  await scaleAll(services, least)
  const load = watchLoad()
  const first = await sendAndWait(stage, firstTasks(stage), show)
  const busy = load()
  const split = ledger.split(first)
  say(`${stage.deployment.output('FirstCommand')}: ${describeSplit(split)}`)
  clock.ended('first command')

  say(`a burst; the policies’ minutes are shortened by ${factor}, to ${60 / factor} s`)
  const { scaling, ids } = await burst(stage, scalings, factor, show)
  const sent = [...followed, ...drained, ...without, ...first, ...ids]
  await allDone(stage, sent, show)
  if (hasLedger) await allDoneInLedger(stage, sent, show)
  const left = (await caller.depth()).ready
  if (left > 0) throw new Error(`${left} tasks are in the queue that nobody had sent`)
  await scaleAll(services, () => 0)
  clock.ended('burst and scaling')
  return {
    ...{
      stage,
      starts,
      services: [...services, ...greedy],
      split,
      busy,
      splitWithoutPrefetch,
      factor,
      scaling,
      notExecuted: uncovered,
    },
    lost: sent.length - ledger.done(sent),
    repeated: new Set(ledger.tries.filter(({ deliveryCount }) => deliveryCount > 0).map(({ id }) => id)).size,
  }
}

/** One worker of each class consumes, and what is no task goes the way of a dead letter. */
async function furtherQueue(queue: QueueStage, say: (line: string) => void): Promise<void> {
  const name = queue.deployment.output('QueueName')
  await scaleAll(queue.services, () => 1)
  say(`${name}: workers consume and are healthy: ${describeStarts(await startTimes(queue))}`)
  await deadLetter(queue)
  await firstFigures(queue)
  say(`${name}: a dead letter counted, listed and sent back; the probe has figures`)
  await scaleAll(queue.services, () => 0)
}

async function startTimes({ services }: QueueStage): Promise<Start[]> {
  const times = services.flatMap(({ name, containers }) =>
    containers.map(async ({ consumingAfter }) => ({ class: name, seconds: await consumingAfter })),
  )
  return await Promise.all(times)
}

function describeStarts(starts: readonly Start[]): string {
  return starts.map(({ class: name, seconds }) => `${name} after ${seconds.toFixed(1)} s`).join(', ')
}

/** The tasks that the deployment's first command would send. */
function firstTasks({ deployment }: Stage): NewTask[] {
  const command = deployment.output('FirstCommand')
  const [, count, type] = /--count (\d+) --type (\S+)/.exec(command) ?? []
  if (type === undefined) throw new Error(`output FirstCommand must have --count and --type, is ${command}`)
  return Array.from({ length: Number(count) }, () => ({ type, payload: {} }))
}

/** The other half of the experiment: without a limit the broker deals tasks out evenly, whatever the CPU. */
async function withoutPrefetch(stage: Stage, greedy: readonly Service[], show: Show): Promise<string[]> {
  try {
    await scaleAll(greedy, () => 1)
    const tasks = Array.from({ length: 24 }, () => ({ type: 'digest', payload: { rounds: 250_000 } }))
    const ids = await sendAndWait(stage, tasks, show)
    await scaleAll(greedy, () => 0)
    return ids
  } finally {
    for (const service of greedy) await service.remove()
  }
}
