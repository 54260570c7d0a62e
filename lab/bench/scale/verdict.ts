import type { Step } from './slots.ts'

/** What a number of slots came to. */
export type SlotFigures = Omit<Step, 'contender'>

/**
 * Where more slots do hardly more, and what is used up there.
 * @param appendMs of an append to the broker's disk; undefined where that disk is not known
 */
export function verdict(points: readonly SlotFigures[], appendMs: number | undefined, cores: number): string {
  const most = Math.max(...points.map(({ tasksPerSecond }) => tasksPerSecond))
  const enough = points.find(({ tasksPerSecond }) => tasksPerSecond >= 0.95 * most)
  if (!enough) return 'nothing was measured'
  const { slots, tasksPerSecond, brokerCores, workerCores, idleCores } = enough
  const periodMs = (1_000 * slots) / tasksPerSecond
  return [
    `from ${slots} slots on, more do hardly more than ${Math.round(tasksPerSecond)} tasks a second`,
    `of ${cores} cores the broker uses ${shown(brokerCores)}, the worker ${shown(workerCores)}, all else ${shown(cores - brokerCores - workerCores - idleCores)}, nobody ${shown(idleCores)}`,
    `a slot takes ${periodMs.toFixed(2)} ms from task to task, ${waitForDisk(appendMs)}`,
    limit(idleCores / cores, periodMs, appendMs),
  ].join('; ')
}

const shown = (figure: number) => Math.max(0, figure).toFixed(2)

function waitForDisk(appendMs: number | undefined): string {
  return appendMs === undefined
    ? "and what of them is the wait for the broker's disk was not measured"
    : `an append of 4 KB to the broker's disk ${appendMs.toFixed(2)} ms`
}

function limit(idle: number, periodMs: number, appendMs: number | undefined): string {
  if (idle < 0.15)
    return 'the processors are the limit: workers on machines of their own leave the broker more of them'
  if (appendMs === undefined)
    return 'the processors are not the limit: what is left is the disk, and the one process that a queue is'
  // an acknowledgement waits for the append that is under way, and for its own with all others of that time
  return 2 * appendMs >= periodMs / 2
    ? 'the disk is the limit: most of the time goes by in up to two appends for each task'
    : 'neither processors nor disk are the limit: what is left is the one process that a queue is'
}
