import type { Show } from './phases.ts'
import { autoscale, keepBusy } from './scale-phase.ts'
import type { ServiceScaling } from './scaling.ts'
import type { Stage } from './stage.ts'

/** Enough for every class to get its most workers; where one sleeps, more than the backlog that wakes it. */
const burstOf = { awake: 150, asleep: 250 }

/** Many tasks at once; then few, until every class that always has some is back at its least, then none. */
export async function burst(stage: Stage, scalings: readonly ServiceScaling[], factor: number, show: Show) {
  const length = burstOf[scalings.some(({ min }) => min === 0) ? 'asleep' : 'awake']
  const ids = await stage.caller.sendBatch(
    Array.from({ length }, () => ({ type: 'sleep', payload: { ms: 1_000 } })),
  )
  const over = new AbortController()
  let trickle: Promise<string[]> | undefined
  try {
    const scaling = await autoscale(stage, scalings, factor, (steps) => {
      const done = stage.ledger.done(ids)
      const now = stage.services.map(({ name, desired }) => `${name} × ${desired}`).join(', ')
      show(`  ${done} of ${ids.length} done, ${now}`)
      const busy = () => tasksBelowScaleIn(stage)
      if (done === ids.length) trickle ??= keepBusy(stage, busy, 4_000, over.signal, () => undefined)
      const isBack = ({ service, min }: ServiceScaling) =>
        steps.findLast((step) => step.class === service)?.to === min
      if (scalings.filter(({ min }) => min > 0).every(isBack)) over.abort()
      return !scalings.every(isBack)
    })
    over.abort()
    return { scaling, ids: [...ids, ...((await trickle) ?? [])] }
  } finally {
    over.abort()
  }
}

/** As many as leave enough slots idle for a scale-in, and busy enough that some worker that is stopped is at a task. */
function tasksBelowScaleIn({ services }: Stage): number {
  const all = services.reduce((sum, { desired, slots }) => sum + desired * slots, 0)
  return Math.max(1, Math.floor(0.6 * all))
}
