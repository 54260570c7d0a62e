import { setTimeout as pause } from 'node:timers/promises'
import { until } from '../../test/support/until.ts'
import { createScaling } from '../simulate/scaling-model.ts'
import type { JsonLine } from './child.ts'
import type { Show } from './phases.ts'
import { metricIn, type ServiceScaling } from './scaling.ts'
import type { Stage } from './stage.ts'

/** A policy's decision, and what came of it. */
export interface ScalingStep {
  /** Seconds since the burst. */
  readonly at: number
  readonly class: string
  readonly from: number
  readonly to: number
  readonly by: ServiceScaling['policies'][number]['kind']
  /** The metric that it follows, at that moment. */
  readonly metric: string
  readonly value: number
  /** Tasks that a stopped worker was at and finished. */
  drained: number
}

/** Runs the probe on its schedule and the policies on what it writes, in shortened time, until told to stop. */
export async function autoscale(
  stage: Stage,
  scalings: readonly ServiceScaling[],
  factor: number,
  onLook: (steps: readonly ScalingStep[], metrics: readonly JsonLine[]) => boolean,
): Promise<ScalingStep[]> {
  const { services, probe } = stage
  const steps: ScalingStep[] = []
  const running: Promise<void>[] = []
  const started = Date.now()
  const followed = scalings.flatMap((scaling) => {
    const service = services.find(({ name }) => name === scaling.service)
    if (!service) throw new Error(`a policy scales ${scaling.service}, which is not there`)
    return scaling.policies.map((policy) => ({
      policy,
      service,
      decide: createScaling(policy, scaling, probe.everySeconds),
    }))
  })
  for (let second = 0; ; second += probe.everySeconds) {
    const lines = await probe.run()
    for (const { policy, service, decide } of followed) {
      const value = await until(() => lines.flatMap((line) => metricIn(line, policy.metric) ?? [])[0], {
        within: 5,
        what: `the probe to write metric ${policy.metric.name} in ${policy.metric.namespace} with dimensions ${JSON.stringify(policy.metric.dimensions)}`,
      })
      const from = service.desired
      const to = decide(second, value, from)
      if (to === from) continue
      const at = (Date.now() - started) / 1_000
      const step = {
        ...{ at, class: service.name, from, to, by: policy.kind },
        ...{ metric: policy.metric.name, value, drained: 0 },
      }
      steps.push(step)
      running.push(service.scale(to).then(() => countDrained(stage, step, started)))
    }
    if (!onLook(steps, lines)) break
    const next = started + ((second + probe.everySeconds) * 1_000) / factor
    // a worker that cannot start or stop ends the rehearsal
    await Promise.race([pause(Math.max(0, next - Date.now())), failureOf(running)])
  }
  await Promise.all(running)
  return steps
}

/** Never fulfils. */
function failureOf(running: readonly Promise<void>[]): Promise<never> {
  return new Promise((_, reject) => {
    for (const each of running) each.catch(reject)
  })
}

function countDrained({ services, ledger }: Stage, step: ScalingStep, started: number): void {
  const stopped = services
    .find(({ name }) => name === step.class)
    ?.containers.filter(({ stoppedAt = 0 }) => Math.abs(stoppedAt - started - step.at * 1_000) < 500)
  const late = ledger.tries.filter(({ container, outcome, startedAt, durationMs }) => {
    const by = stopped?.find(({ name }) => name === container)
    return by && outcome === 'done' && Date.parse(startedAt) + durationMs > (by.stoppedAt ?? 0)
  })
  if (step.to < step.from) step.drained = late.length
}

/** Keeps so many tasks at work, asked each time, until told to stop; then waits for the last. Gives their ids. */
export async function keepBusy(
  stage: Stage,
  count: () => number,
  ms: number,
  signal: AbortSignal,
  show: Show,
): Promise<string[]> {
  const ids: string[] = []
  while (!signal.aborted) {
    const missing = Math.max(0, count() - (ids.length - stage.ledger.done(ids)))
    const tasks = Array.from({ length: missing }, () => ({ type: 'sleep', payload: { ms } }))
    if (missing > 0) ids.push(...(await stage.caller.sendBatch(tasks)))
    show(`  ${count()} tasks at a time, ${stage.ledger.done(ids)} done`)
    await pause(200, undefined, { signal }).catch(() => undefined)
  }
  return ids
}
