import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from '../../../client/src/client.ts'
import { askQueueDepth } from '../../../local/producer-process.ts'
import { orAborted } from '../../../ops/command-line/lifecycle.ts'
import type { Finding } from '../report/report.ts'
import { contradictions, type Experiment } from './catalogue.ts'
import { factsOf } from './facts.ts'
import { watchLoad } from './load.ts'
import { type Setting, type Stage, setStage } from './stage.ts'
import { measuredMs } from './tasks.ts'

/** Runs one experiment on a queue of its own, and counts what came of it. Leaves no process and no user behind. */
export async function runExperiment(experiment: Experiment, setting: Setting): Promise<Finding> {
  await using stage = await setStage(experiment, setting)
  const { ledger, tasks } = stage
  const load = watchLoad()
  const { consumingAt, killedAt } = await play(experiment, stage)
  const busy = load()
  await stage.stop()
  const { ready } = await askQueueDepth(await stage.producer.endpoint, stage.signal)
  const lines = ledger.lines.filter(({ id }) => id !== lastTask.id)
  const facts = factsOf({
    lengths: new Map(tasks.map(({ task, ms }) => [task.id, experiment.cpus ? measuredMs(lines) : ms])),
    lines,
    factors: stage.factors,
    consumingAt,
    killedAt,
    left: ready,
    optimumMs: experiment.queues && longerOf(tasks, lines),
  })
  const wrong = contradictions(experiment, stage.factors.slow, facts, busy === undefined)
  return { experiment, facts, busy, contradictions: wrong }
}

/** One by one what computes, all at a time what waits. */
function longerOf(tasks: Stage['tasks'], lines: Stage['ledger']['lines']): number {
  const computing = tasks.filter(({ task }) => task.type === 'digest').length
  const waiting = tasks.filter(({ task }) => task.type === 'sleep').map(({ ms }) => ms)
  return Math.max(computing * measuredMs(lines, 'slow'), ...waiting)
}

/** What happens in an experiment, from the first worker's start to the end of the last task. */
async function play(experiment: Experiment, stage: Stage) {
  const { ledger, tasks, signal, patienceMs } = stage
  const endpoint = await orAborted(stage.producer.endpoint, signal)
  const { slow, consumingAt } = await (experiment.event === 'late' ? oneLate : bothThere)(stage, endpoint)
  let killedAt: number | undefined
  if (experiment.event === 'killed') {
    await untilInMidTask(stage)
    killedAt = Date.now()
    await stage.kill(slow)
  }
  if (experiment.event === 'killed' && experiment.ack === 'auto') await untilQueueIsServed(stage, endpoint)
  else await ledger.until(() => ledger.done().size === tasks.length, patienceMs, signal)
  return { consumingAt, killedAt }
}

/**
 * Waits until the slow worker has done a tenth of all tasks and is in the middle of its next: not sooner, or the kill could
 * overtake the acknowledgement of the one before.
 */
async function untilInMidTask({ ledger, tasks, factors, signal, patienceMs }: Stage): Promise<void> {
  const first = Math.max(1, Math.floor(tasks.length / 10))
  await ledger.until(() => ledger.done('slow').size >= first, patienceMs, signal)
  const taskMs = factors.slow * (tasks[0]?.ms ?? 0)
  await delay(taskMs / 2, undefined, { signal })
}

/** Both workers consume before the first task is published. */
async function bothThere(stage: Stage, endpoint: string) {
  const { signal } = stage
  const [slow, fast] = [stage.start('slow'), stage.start('fast')]
  const [slowAt, fastAt] = await orAborted(Promise.all([slow.consuming, fast.consuming]), signal)
  await postAll(stage, endpoint)
  return { slow, consumingAt: { slow: slowAt, fast: fastAt } }
}

/** All tasks are published before the first worker starts; the second starts when that has done one. */
async function oneLate(stage: Stage, endpoint: string) {
  const { ledger, signal, patienceMs } = stage
  await postAll(stage, endpoint)
  const slow = stage.start('slow')
  const slowAt = await orAborted(slow.consuming, signal)
  await ledger.until(() => ledger.done('slow').size > 0, patienceMs, signal)
  const fastAt = await orAborted(stage.start('fast').consuming, signal)
  return { slow, consumingAt: { slow: slowAt, fast: fastAt } }
}

async function postAll({ tasks, signal }: Stage, endpoint: string): Promise<void> {
  const all = tasks.map(({ task }) => task)
  await createClient({ endpoint }).sendBatch(all, { signal })
}

const lastTask = { id: 'last', type: 'sleep', payload: { ms: 0 } }

/**
 * Where tasks were lost, nobody can wait for all of them. What can be waited for is one that is published
 * last, when the dead worker's consumer is gone: the other worker does it after all that it was given before.
 */
async function untilQueueIsServed({ ledger, signal, patienceMs }: Stage, endpoint: string): Promise<void> {
  while ((await askQueueDepth(endpoint, signal)).consumers > 1) await delay(20, undefined, { signal })
  await createClient({ endpoint }).sendBatch([lastTask], { signal })
  await ledger.until(() => ledger.done().has(lastTask.id), patienceMs, signal)
}
