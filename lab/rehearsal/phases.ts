import type { NewTask } from '../../client/src/task.ts'
import { manage, path } from '../../services/amqp/management.ts'
import { until } from '../../test/support/until.ts'
import type { Service } from './service.ts'
import type { QueueStage, Stage } from './stage.ts'

/** Says how far a phase is. */
export type Show = (line: string) => void

/** Seconds without any task done before something must be wrong, however busy the machine is. */
const patience = 90

/** Sends tasks and waits until they are done. Gives their ids. */
export async function sendAndWait(stage: Stage, tasks: readonly NewTask[], show: Show): Promise<string[]> {
  const ids = await stage.caller.sendBatch(tasks)
  await allDone(stage, ids, show)
  return ids
}

export async function allDone({ ledger }: Stage, ids: readonly string[], show: Show): Promise<void> {
  for (let done = ledger.done(ids); done < ids.length; ) {
    const more = () => ledger.done(ids) > done && ledger.done(ids)
    done = await until(more, {
      within: patience,
      what: `a task more than ${done} of ${ids.length} to be done`,
    })
    show(`  ${done} of ${ids.length} done: ${describeSplit(ledger.split(ids))}`)
  }
}

export function describeSplit(split: Readonly<Record<string, number>>): string {
  return Object.entries(split)
    .map(([name, count]) => `${count} by ${name}`)
    .join(', ')
}

/** Runs the probe until it has figures: just after the queue was made, the broker has none. */
export async function firstFigures({ probe }: QueueStage): Promise<void> {
  const wait = { within: 20, what: 'the probe to have figures' }
  await until(() => probe.run(), wait).catch(({ message, cause }: Error) => {
    throw new Error(`${message}; ${cause instanceof Error ? cause.message : cause}`, { cause })
  })
}

/** Stops every service while each of its slots is at a task of so many seconds: all must finish them. */
export async function stopInMidTask(stage: Stage, seconds: number): Promise<string[]> {
  const { consumers } = await stage.caller.depth()
  const tasks = Array.from({ length: consumers }, () => ({ type: 'sleep', payload: { ms: seconds * 1_000 } }))
  const ids = await stage.caller.sendBatch(tasks)
  await until(async () => (await stage.caller.depth()).ready === 0, {
    within: 30,
    what: 'every slot to take a task',
  })
  await scaleAll(stage.services, () => 0)
  const done = stage.ledger.done(ids)
  if (done < ids.length)
    throw new Error(
      `${ids.length - done} of ${ids.length} tasks were not finished when their workers were stopped`,
    )
  return ids
}

export async function scaleAll(
  services: readonly Service[],
  to: (service: Service) => number,
): Promise<void> {
  await Promise.all(services.map((service) => service.scale(to(service))))
}

/**
 * A message that is no task becomes a dead letter, and the operator's function counts it, lists it and sends it back,
 * whereupon it dies again.
 */
export async function deadLetter({ broker, deployment, operator }: QueueStage): Promise<void> {
  const queue = deployment.output('QueueName')
  await manage(broker.access, 'POST', path('exchanges', '/', queue, 'publish'), {
    ...{
      properties: { delivery_mode: 2 },
      routing_key: queue,
      payload: 'not a task',
      payload_encoding: 'string',
    },
  })
  const isDead = { within: 60, what: 'a message that is no task to be a dead letter' }
  const count = async () =>
    ((await operator.invoke({ action: 'count' })) as { deadLetters: number }).deadLetters
  // once outside, so that what it may not do is told at once
  await count()
  await until(async () => (await count()) === 1, isDead)
  const { letters } = (await operator.invoke({ action: 'list' })) as { letters: unknown[] }
  const { moved } = (await operator.invoke({ action: 'redrive', dryRun: false })) as { moved: number }
  if (letters.length !== 1 || moved !== 1)
    throw new Error(`${operator.path} listed ${letters.length} and moved ${moved} dead letters, not 1`)
  await until(async () => (await count()) === 1, isDead)
}
