import type { Rehearsal } from './rehearse.ts'
import { taskSettings } from './task-definition.ts'

/** What of a rehearsal is not as the template promises; empty when all is well. */
export function contradictions(rehearsal: Rehearsal): string[] {
  const { lost, split, busy, splitWithoutPrefetch, scaling } = rehearsal
  const weights = cpuShares(rehearsal)
  const total = (counts: Readonly<Record<string, number>>) =>
    Object.values(counts).reduce((sum, count) => sum + count, 0)
  const [fastest, share] = Object.entries(weights).toSorted(([, one], [, other]) => other - one)[0] ?? ['', 0]
  // broker and functions take CPU too, so it may do a quarter less than its share
  const least = Math.floor(0.75 * share * total(split))
  const even = total(splitWithoutPrefetch) / Object.keys(weights).length
  const uneven = Object.values(splitWithoutPrefetch).some((count) => Math.abs(count - even) > 1)
  const drained = scaling.reduce((sum, step) => sum + step.drained, 0)
  return [
    ...(lost > 0 ? [`${lost} tasks were lost`] : []),
    ...(busy === undefined && (split[fastest] ?? 0) < least
      ? [
          `${fastest} did ${split[fastest] ?? 0} of the first ${total(split)} tasks, expected at least ${least}`,
        ]
      : []),
    ...(uneven
      ? [`without prefetch limit the split is ${JSON.stringify(splitWithoutPrefetch)}, not even`]
      : []),
    ...(scaling.some(({ from, to }) => to > from) ? [] : ['the burst started no worker']),
    ...(scaling.some(({ from, to }) => to < from) ? [] : ['no worker was stopped after the burst']),
    ...(drained === 0
      ? ['no worker was at a task when it was scaled in: nothing shows that it would finish it']
      : []),
  ]
}

/** Each class's part of the CPU of all. */
function cpuShares({ stage }: Rehearsal): Record<string, number> {
  const cpus = stage.deployment.all('AWS::ECS::Service').map(({ properties }) => {
    const task = stage.deployment.byId(String(properties['TaskDefinition']))
    return [String(properties['ServiceName']), task ? taskSettings(task).cpu : 0] as const
  })
  const all = cpus.reduce((sum, [, cpu]) => sum + cpu, 0)
  return Object.fromEntries(cpus.map(([name, cpu]) => [name, cpu / all]))
}
