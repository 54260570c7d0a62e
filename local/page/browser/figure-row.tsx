import type { Frame } from '../frame.ts'
import type { QueueLookFrame } from '../look.ts'
import { number, waitText } from './figures.ts'
import { doneIn, type Past } from './live.ts'

/** Name, value, and whether a value above 0 is bad news. */
type Figure = readonly [string, number | string | null, bad?: 'bad']

/** The figures of `npm run dev`. */
export function DevFigures({ frame, past }: { readonly frame: Frame; readonly past: Past }) {
  const { queue, failed, lost } = frame
  const [first] = past.done
  const seconds = first === undefined ? 0 : (frame.at - first.at) / 1_000
  const perSecond = seconds < 1 || first === undefined ? 0 : Math.max(0, doneIn(frame) - first.done) / seconds
  const backlog = queue.ready === null || queue.inFlight === null ? null : queue.ready + queue.inFlight
  return (
    <>
      <FigureRow
        figures={[
          ['ready', queue.ready],
          ['in flight*', queue.inFlight],
          ['backlog*', backlog],
          ['wait for retry*', queue.delayed],
          ['not yet due*', queue.later],
          ['dead letters*', queue.deadLetters, 'bad'],
          ['done', doneIn(frame)],
          ['done a second', Math.round(perSecond)],
          ['failed tries', failed, 'bad'],
          ['lost', lost, 'bad'],
        ]}
      />
      <p class="muted">* by the broker's statistics, which are some seconds old</p>
    </>
  )
}

/** The figures of a deployed queue: CloudWatch's. */
export function LookFigures({ look }: { readonly look: QueueLookFrame }) {
  const { queue, minutes, classes } = look
  const last = minutes.findLast(({ done }) => done !== null)
  const waits = classes.flatMap(({ waitMs }) => waitMs?.p95 ?? [])
  const failed = classes.reduce((sum, one) => sum + one.failed, 0)
  const backlog = queue.ready === null || queue.inFlight === null ? null : queue.ready + queue.inFlight
  return (
    <FigureRow
      figures={[
        ['backlog', backlog],
        ['ready', queue.ready],
        ['in flight', queue.inFlight],
        ['slots', queue.consumers],
        ['done a minute', last?.done ?? null],
        ['waited, p95', waitText(waits.length === 0 ? null : Math.max(...waits))],
        ['failed tries', failed, 'bad'],
        ['wait for retry', queue.delayed],
        ['not yet due', queue.later],
        ['dead letters', queue.deadLetters, 'bad'],
      ]}
    />
  )
}

function FigureRow({ figures }: { readonly figures: readonly Figure[] }) {
  const text = (value: Figure[1]) => (typeof value === 'number' ? number.format(value) : (value ?? '–'))
  const kind = (value: Figure[1], bad: Figure[2]) =>
    value === 0 ? 'zero' : bad && value !== null ? 'wrong' : ''
  return (
    <dl>
      {figures.map(([name, value, bad]) => (
        <div key={name} class={kind(value, bad)}>
          <dt>{name}</dt>
          <dd>{text(value)}</dd>
        </div>
      ))}
    </dl>
  )
}
