import type { MinuteFrame } from '../look.ts'
import { number, waitText } from './figures.ts'

const [width, height] = [300, 56]

/** What was measured in each of the last minutes: three small pictures with the same time. */
export function Charts({ minutes }: { readonly minutes: readonly MinuteFrame[] }) {
  const count = (value: number | null) => (value === null ? '–' : number.format(value))
  return (
    <section aria-labelledby="charts">
      <h2 id="charts">The last half hour</h2>
      <div class="charts">
        <Chart name="backlog" minutes={minutes} bars={[['again', ({ backlog }) => backlog]]} text={count} />
        <Chart
          name="done a minute"
          minutes={minutes}
          bars={[
            ['quiet', ({ done }) => done],
            ['dead', ({ failed }) => failed],
          ]}
          text={count}
          note="red: failed"
        />
        <Chart
          name="waited, p95"
          minutes={minutes}
          bars={[['fast', ({ waitP95 }) => waitP95]]}
          text={waitText}
        />
      </div>
    </section>
  )
}

type Value = (minute: MinuteFrame) => number | null

interface ChartProps {
  readonly name: string
  readonly minutes: readonly MinuteFrame[]
  /** Colour and value of each bar, drawn over each other, the first one's labelled. */
  readonly bars: readonly (readonly [string, Value])[]
  readonly text: (value: number | null) => string
  readonly note?: string
}

function Chart({ name, minutes, bars, text, note }: ChartProps) {
  const [first] = bars
  const values = minutes.map((minute) => first?.[1](minute) ?? null)
  const max = Math.max(1, ...minutes.flatMap((minute) => bars.map(([, value]) => value(minute) ?? 0)))
  const most = values.reduce<number | null>(
    (best, value) => (value === null ? best : Math.max(best ?? 0, value)),
    null,
  )
  const now = values.at(-1) ?? null
  const step = width / Math.max(1, minutes.length)
  return (
    <figure>
      <figcaption>
        {name} <b>{text(now)}</b>{' '}
        <span class="muted">
          at most {text(most)}
          {note && `; ${note}`}
        </span>
      </figcaption>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${name} by the minute: ${text(now)} now, ${text(most)} at most`}
      >
        {bars.map(([colour, value]) =>
          minutes.map((minute, index) => {
            const at = value(minute)
            const tall = at === null ? 0 : (height * at) / max
            return (
              <rect
                key={`${colour} ${minute.at}`}
                class={colour}
                x={index * step}
                y={height - tall}
                width={step * 0.85}
                height={tall}
              >
                <title>{`${new Date(minute.at).toLocaleTimeString(undefined, { timeStyle: 'short' })}: ${text(at)}`}</title>
              </rect>
            )
          }),
        )}
      </svg>
    </figure>
  )
}
