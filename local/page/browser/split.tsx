import { crewClasses, type Mode, modes, sleepFactors } from '../../crew-settings.ts'
import type { Frame } from '../frame.ts'
import { number, waitText } from './figures.ts'

const percent = (part: number, all: number) => (all === 0 ? '–' : `${Math.round((100 * part) / all)} %`)

/** Which class has done how many tasks, in each mode that there was. */
export function SplitView({ frame, reset }: { readonly frame: Frame; readonly reset: () => void }) {
  const capacity = crewClasses.map((name) => frame.workers[name] / sleepFactors[name])
  const [slow = 0] = capacity
  const all = capacity.reduce((sum, part) => sum + part, 0)
  const names = (Object.keys(modes) as Mode[]).filter(
    (mode) => mode === frame.mode || frame.shares.some((share) => share.mode === mode && share.done > 0),
  )
  return (
    <section aria-labelledby="split">
      <h2 id="split">Who did how much</h2>
      <div aria-hidden="true">
        {names.map((mode) => (
          <SplitBar key={mode} mode={mode} frame={frame} fair={all === 0 ? undefined : slow / all} />
        ))}
      </div>
      <p class="muted key">
        {crewClasses.map((name) => (
          <span key={name}>
            <i class={name} /> {name}
          </span>
        ))}
        <span>┆ by capacity, for sleep tasks: slow {percent(slow, all)}</span>
      </p>
      <SplitTable frame={frame} names={names} />
      <button type="button" onClick={reset}>
        Count from nothing
      </button>
    </section>
  )
}

interface SplitBarProps {
  readonly mode: Mode
  readonly frame: Frame
  /** The slow class's share of all capacity, from 0 to 1. */
  readonly fair: number | undefined
}

function SplitBar({ mode, frame, fair }: SplitBarProps) {
  const shares = frame.shares.filter((share) => share.mode === mode)
  return (
    <div class={mode === frame.mode ? 'split' : 'split past'}>
      <span>{modes[mode].title}</span>
      <div>
        {shares.map(({ class: name, done }) => (
          <b key={name} class={name} style={{ flexGrow: done }}>
            {done > 0 && number.format(done)}
          </b>
        ))}
        {fair !== undefined && <i style={{ left: `${100 * fair}%` }} />}
      </div>
    </div>
  )
}

function SplitTable({ frame, names }: { readonly frame: Frame; readonly names: readonly Mode[] }) {
  return (
    <table>
      <caption class="unseen">Tasks done and how long they had waited, by setting and worker class</caption>
      <thead>
        <tr>
          <th scope="col">setting</th>
          <th scope="col">class</th>
          <th scope="col">done</th>
          <th scope="col">share</th>
          <th scope="col">waited p50</th>
          <th scope="col">p95</th>
        </tr>
      </thead>
      <tbody>
        {names.flatMap((mode) => {
          const shares = frame.shares.filter((share) => share.mode === mode)
          const all = shares.reduce((sum, { done }) => sum + done, 0)
          return shares.map(({ class: name, done, p50, p95 }) => (
            <tr key={`${mode} ${name}`}>
              <td>{mode === 'auto' ? 'automatic' : 'prefetch 1'}</td>
              <th scope="row">{name}</th>
              <td>{number.format(done)}</td>
              <td>{percent(done, all)}</td>
              <td>{waitText(p50)}</td>
              <td>{waitText(p95)}</td>
            </tr>
          ))
        })}
      </tbody>
    </table>
  )
}
