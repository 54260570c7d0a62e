import { render } from 'preact'
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { type CrewClass, crewClasses, type Mode, maxWorkers, modes } from '../../crew-settings.ts'
import type { ActionResult, Frame } from '../frame.ts'
import { Lanes } from './lanes.tsx'
import { doneIn, type Past, useLive } from './live.ts'
import { SchedulesView } from './schedules.tsx'
import { SendForm } from './send-form.tsx'
import { SplitView } from './split.tsx'
import { WaitsView } from './waits.tsx'

type Act = (body: object) => Promise<void>

function App() {
  const past = useRef<Past>({ bars: [], ready: [], switches: [], done: [], aheadMs: 0 }).current
  const { frame, forms, connected } = useLive(past)
  const [answer, setAnswer] = useState<ActionResult>({ ok: true, message: '' })
  const act = useCallback<Act>(async (body) => {
    setAnswer(await ask(body))
  }, [])
  if (frame === undefined) return <p>{connected ? 'Connecting ...' : gone}</p>
  const message = connected ? answer.message : gone
  return (
    <>
      <h1>Fair dispatch, live</h1>
      <Queues frame={frame} />
      <p role="status" class={connected && answer.ok ? 'status' : 'status wrong'}>
        {message}
      </p>
      <div class="controls">
        <Modes mode={frame.mode} act={act} />
        <Workers workers={frame.workers} act={act} />
      </div>
      {(frame.queue.pausedSeconds ?? 0) > 0 && (
        <p class="status wrong">
          The queue is paused: workers finish what they run and take nothing new until npm run resume -- local
        </p>
      )}
      <Figures frame={frame} past={past} />
      <Lanes frame={frame} past={past} />
      <div class="columns">
        <SplitView frame={frame} reset={() => void act({ action: 'reset' })} />
        <div>
          <SendForm
            forms={forms.filter(({ queue = frame.queues[0] }) => queue === frame.queue.name)}
            send={(wish) => act({ action: 'send', ...wish })}
            say={(message) => setAnswer({ ok: false, message })}
          />
          <WaitsView waits={frame.waits} />
          <SchedulesView schedules={frame.schedules} />
        </div>
      </div>
    </>
  )
}

const gone = 'npm run dev does not answer: if it has ended, start it and open the address that it prints'

async function ask(body: object): Promise<ActionResult> {
  try {
    const response = await fetch(`act${location.search}`, { method: 'POST', body: JSON.stringify(body) })
    return response.ok ? await response.json() : { ok: false, message: await response.text() }
  } catch {
    return { ok: false, message: gone }
  }
}

/** Each queue has a page; where there is one queue, nothing is shown. */
function Queues({ frame: { queue, queues } }: { readonly frame: Frame }) {
  if (queues.length < 2) return null
  return (
    <nav aria-label="Queues">
      {queues.map((name) => (
        <a
          key={name}
          href={`?queue=${encodeURIComponent(name)}`}
          aria-current={name === queue.name ? 'page' : undefined}
        >
          {name}
        </a>
      ))}
    </nav>
  )
}

const explanations: Readonly<Record<Mode, string>> = {
  auto: 'The broker deals tasks out in turn, at once, and forgets them: the fast workers stand idle in the end.',
  fair: 'A worker gets its next task when it has finished the last: the fast ones do more.',
}

function Modes({ mode, act }: { readonly mode: Mode; readonly act: Act }) {
  // what was chosen stands until the server says otherwise
  const [chosen, choose] = useState(mode)
  useEffect(() => choose(mode), [mode])
  return (
    <fieldset>
      <legend>Setting</legend>
      {(Object.keys(modes) as Mode[]).map((name) => (
        <label key={name} class="inline">
          <input
            type="radio"
            name="mode"
            checked={name === chosen}
            onChange={() => {
              choose(name)
              void act({ action: 'mode', mode: name })
            }}
          />
          {modes[name].title}
        </label>
      ))}
      <p class="muted">{explanations[chosen]}</p>
    </fieldset>
  )
}

function Workers({ workers, act }: { readonly workers: Frame['workers']; readonly act: Act }) {
  const button = (action: 'add' | 'remove', name: CrewClass, possible: boolean) => (
    // `disabled` would take the focus away
    <button
      type="button"
      aria-label={`${action} a ${name} worker`}
      aria-disabled={!possible}
      onClick={() => possible && void act({ action, class: name })}
    >
      {action === 'add' ? '+' : '−'}
    </button>
  )
  return (
    <fieldset>
      <legend>Workers</legend>
      {crewClasses.map((name) => (
        <div key={name} class="workers">
          <i class={name} /> {name}
          {button('remove', name, workers[name] > 0)}
          <span>{workers[name]}</span>
          {button('add', name, workers[name] < maxWorkers)}
        </div>
      ))}
    </fieldset>
  )
}

function Figures({ frame, past }: { readonly frame: Frame; readonly past: Past }) {
  const { queue, failed, lost } = frame
  const [first] = past.done
  const seconds = first === undefined ? 0 : (frame.at - first.at) / 1_000
  const perSecond = seconds < 1 || first === undefined ? 0 : Math.max(0, doneIn(frame) - first.done) / seconds
  const backlog = queue.ready === null || queue.inFlight === null ? null : queue.ready + queue.inFlight
  const figures = [
    ['ready', queue.ready],
    ['in flight*', queue.inFlight],
    ['backlog*', backlog],
    ['wait for retry*', queue.delayed],
    ['not yet due*', queue.later],
    ['dead letters*', queue.deadLetters],
    ['done', doneIn(frame)],
    ['done a second', Math.round(perSecond)],
    ['failed tries', failed],
    ['lost', lost],
  ] as const
  return (
    <>
      <dl>
        {figures.map(([name, value]) => (
          <div key={name} class={name === 'lost' && lost > 0 ? 'wrong' : ''}>
            <dt>{name}</dt>
            <dd>{value === null ? '–' : value.toLocaleString('en')}</dd>
          </div>
        ))}
      </dl>
      <p class="muted">* by the broker's statistics, which are some seconds old</p>
    </>
  )
}

render(<App />, document.body)
