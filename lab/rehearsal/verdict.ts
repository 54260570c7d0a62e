import type { Rehearsal } from './rehearse.ts'
import { type ServiceScaling, scalingOf } from './scaling.ts'
import { taskSettings } from './task-definition.ts'

/** What of a rehearsal is not as the template promises; empty when all is well. */
export function contradictions(rehearsal: Rehearsal): string[] {
  const { lost, split, busy, splitWithoutPrefetch, scaling } = rehearsal
  const scalings = scalingOf(rehearsal.stage.deployment)
  const weights = cpuShares(rehearsal, scalings)
  const total = (counts: Readonly<Record<string, number>>) =>
    Object.values(counts).reduce((sum, count) => sum + count, 0)
  const [fastest, share] = Object.entries(weights).toSorted(([, one], [, other]) => other - one)[0] ?? ['', 0]
  // broker and functions take CPU too, so it may do a quarter less than its share
  const least = Math.floor(0.75 * share * total(split))
  const slots = rehearsal.stage.services.reduce((sum, service) => sum + service.slots, 0)
  const perSlot = total(splitWithoutPrefetch) / slots
  const uneven = rehearsal.stage.services.some(
    (service) =>
      Math.abs((splitWithoutPrefetch[service.name] ?? 0) - perSlot * service.slots) > service.slots,
  )
  const asleep = scalings.filter(
    ({ service, min }) =>
      min === 0 && !scaling.some((step) => step.class === service && step.from === 0 && step.to > 0),
  )
  const drained = scaling.reduce((sum, step) => sum + step.drained, 0)
  return [
    ...(lost > 0 ? [`${lost} tasks were lost`] : []),
    ...(busy === undefined && (split[fastest] ?? 0) < least
      ? [
          `${fastest} did ${split[fastest] ?? 0} of the first ${total(split)} tasks, expected at least ${least}`,
        ]
      : []),
    ...(uneven
      ? [
          `without prefetch limit the split is ${JSON.stringify(splitWithoutPrefetch)}, not even over the slots`,
        ]
      : []),
    ...asleep.map(({ service }) => `the burst woke no worker of ${service}`),
    ...(scaling.some(({ from, to }) => to > from) ? [] : ['the burst started no worker']),
    ...(scaling.some(({ from, to }) => to < from) ? [] : ['no worker was stopped after the burst']),
    ...(drained === 0
      ? ['no worker was at a task when it was scaled in: nothing shows that it would finish it']
      : []),
  ]
}

/** Each class's part of the CPU of all, with the tasks that it always has. */
function cpuShares({ stage }: Rehearsal, scalings: readonly ServiceScaling[]): Record<string, number> {
  const cpus = stage.deployment.all('AWS::ECS::Service').map(({ properties }) => {
    const task = stage.deployment.byId(String(properties['TaskDefinition']))
    const name = String(properties['ServiceName'])
    const { min = 1 } = scalings.find(({ service }) => service === name) ?? {}
    return [name, task ? min * taskSettings(task).cpu : 0] as const
  })
  const all = cpus.reduce((sum, [, cpu]) => sum + cpu, 0)
  return Object.fromEntries(cpus.map(([name, cpu]) => [name, cpu / all]))
}
