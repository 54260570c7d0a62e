import type { LocalEnvironment } from '../../local/local-file.ts'
import { followTaskLog } from '../../local/task-log.ts'
import type { TaskLogLine } from '../../services/contract/log.ts'
import { type QueueFigures, readQueue } from '../../services/probe/figures.ts'
import { percentile } from '../figures.ts'
import type { ClassLook, QueueLook, Watcher } from './look.ts'

const windowSeconds = 60
/** RabbitMQ's own default: collect_statistics_interval. */
const measuredEvery = 5
const samples = 120
/** A minute of 1,000 tasks a second. */
const tailBytes = 24 * 1024 * 1024

/** The management API's figures, and what the task log says of the last minute. */
export function watchLocal({ managementUrl, vhost, queue, probe }: LocalEnvironment): Watcher {
  const follow = followTaskLog(tailBytes)
  let recent: readonly TaskLogLine[] = []
  let backlog: readonly number[] = []
  return {
    everySeconds: 1,
    async look() {
      const figures = await readQueue({ url: managementUrl, ...probe }, vhost, queue)
      const asOf = Date.now()
      const from = new Date(asOf - windowSeconds * 1_000).toISOString()
      const lines = [...recent, ...follow()]
      // they are in the order of their times, but for some milliseconds
      const first = lines.findIndex(({ time }) => time >= from)
      recent = first === -1 ? [] : lines.slice(first)
      backlog = [...backlog, figures.ready + figures.inFlight].slice(-samples)
      return {
        asOf,
        measuredEvery,
        queue: queueLook(figures),
        classes: classesOf(figures.consumerTags, recent),
        windowSeconds,
        backlog,
      }
    },
  }
}

function queueLook({ consumerTags, ackedPerSecond, ...figures }: QueueFigures): QueueLook {
  return figures
}

function classesOf(consumerTags: readonly string[], lines: readonly TaskLogLine[]): ClassLook[] {
  // <class>.<worker>.<slot>
  const tags = Map.groupBy(consumerTags, (tag) => tag.slice(0, tag.indexOf('.')))
  const work = Map.groupBy(lines, (line) => line.class)
  return [...new Set([...tags.keys(), ...work.keys()])].toSorted().map((name) => {
    const slots = tags.get(name) ?? []
    const tries = work.get(name) ?? []
    const done = tries.filter(({ outcome }) => outcome === 'done').length
    const waits = tries
      .filter(({ waitMs, deliveryCount }) => deliveryCount === 0 && waitMs !== null)
      .map(({ waitMs }) => Number(waitMs))
    const [p50, p95] = [percentile(waits, 50), percentile(waits, 95)]
    return {
      name,
      running: new Set(slots.map((tag) => tag.slice(0, tag.lastIndexOf('.')))).size,
      desired: undefined,
      slots: slots.length,
      capacity: slots.length,
      done,
      failed: tries.length - done,
      waitMs: p50 === undefined || p95 === undefined ? undefined : { p50, p95 },
    }
  })
}
