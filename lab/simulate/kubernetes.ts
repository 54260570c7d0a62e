import type { Control } from './contestant.ts'
import { keda } from './parameters.ts'
import type { Decide, Limits } from './scaling-model.ts'

/** KEDA's defaults with the HPA that it makes, for one class. */
export function kedaControls(index: number, limits: Limits): Control[] {
  const common = { class: index, lagSeconds: 0, measure: (view: { ready(): number }) => view.ready() }
  return [
    {
      ...common,
      everySeconds: keda.syncSeconds,
      decide: createHpa({ ...limits, min: Math.max(1, limits.min) }),
    },
    { ...common, everySeconds: keda.pollingSeconds, decide: createActivation(limits) },
  ]
}

/** Between one pod and the most. At none the HPA is off. */
export function createHpa({ min, max }: Limits): Decide {
  const wishes: { at: number; count: number }[] = []
  return (second, ready, now) => {
    if (now === 0) {
      wishes.length = 0
      return 0
    }
    const perPod = ready / now
    const close = Math.abs(perPod / keda.messagesPerPod - 1) <= keda.tolerance
    const wish = close ? now : Math.ceil(ready / keda.messagesPerPod)
    wishes.push({ at: second, count: Math.min(max, Math.max(min, wish)) })
    while ((wishes[0]?.at ?? second) < second - keda.stabilizationSeconds) wishes.shift()
    const stable = Math.max(...wishes.map(({ count }) => count))
    const { count = now } = wishes.at(-1) ?? {}
    if (count > now) return Math.min(count, Math.max(2 * now, now + keda.maxAddedPods))
    return Math.min(now, stable)
  }
}

/** From none to the first pod, and back. */
export function createActivation({ min }: Limits): Decide {
  let activeAt = 0
  return (second, ready, now) => {
    if (ready > 0) activeAt = second
    if (ready > 0 && now === 0) return 1
    return min === 0 && now > 0 && second - activeAt >= keda.cooldownSeconds ? 0 : now
  }
}
