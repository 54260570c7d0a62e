import { render } from 'preact'
import { useCallback, useRef, useState } from 'preact/hooks'
import type { ActionResult } from '../desk-words.ts'
import { gone, servedBy, setCrew, type Tell } from './asked.ts'
import { Charts } from './charts.tsx'
import { ClassesView } from './classes.tsx'
import { CrewControls } from './crew.tsx'
import { DeadLettersView } from './dead-letters.tsx'
import { type Confirm, useConfirm } from './dialog.tsx'
import { DevFigures, LookFigures } from './figure-row.tsx'
import { Header } from './header.tsx'
import { Lanes } from './lanes.tsx'
import { type Live, type Past, useLive } from './live.ts'
import { SchedulesView } from './schedules.tsx'
import { SendForm } from './send-form.tsx'
import { SplitView } from './split.tsx'
import { Story } from './story.tsx'
import { Tasks } from './tasks.tsx'
import { FailuresView, WaitsView } from './waits.tsx'

/** What the parts of the page can do. */
interface Desk {
  readonly tell: Tell
  readonly confirm: Confirm
  readonly openStory: (id: string) => void
}

function App() {
  const past = useRef<Past>({ bars: [], ready: [], switches: [], done: [], aheadMs: 0 }).current
  const live = useLive(past)
  const [told, tell] = useState<ActionResult>({ ok: true, message: '' })
  const [story, openStory] = useState('')
  const [confirm, question] = useConfirm()
  const now = live.frame ?? live.look
  const trouble = live.connected ? live.problem : gone
  return (
    <>
      <Header queue={now?.queue} queues={now?.queues ?? []} asOf={live.look?.asOf} tell={tell} />
      <p role="status" class={trouble === '' && told.ok ? 'status' : 'status wrong'}>
        {trouble || told.message}
      </p>
      {now === undefined && trouble === '' && <Loading />}
      {now !== undefined && (
        <main>
          <Parts live={live} past={past} desk={{ tell, confirm, openStory }} />
        </main>
      )}
      {story !== '' && (
        <Story
          id={story}
          queue={now?.queue.name ?? ''}
          confirm={confirm}
          tell={tell}
          open={openStory}
          close={() => openStory('')}
        />
      )}
      {question}
    </>
  )
}

function Loading() {
  return (
    <div class="loading" aria-busy="true">
      <p>Asking {servedBy} how the queue is …</p>
      <div />
      <div />
      <div />
    </div>
  )
}

interface PartsProps {
  readonly live: Live
  readonly past: Past
  readonly desk: Desk
}

function Parts({ live: { frame, look, forms }, past, desk }: PartsProps) {
  const { tell, confirm, openStory } = desk
  const doIt = useCallback(async (body: object) => tell(await setCrew(body)), [])
  const now = frame ?? look
  if (now === undefined) return null
  const own = forms.filter(({ queue = now.queues[0] }) => queue === now.queue.name)
  return (
    <>
      {look && <Findings findings={look.findings} />}
      {frame ? <DevFigures frame={frame} past={past} /> : look && <LookFigures look={look} />}
      {frame && <CrewControls frame={frame} act={doIt} />}
      {frame && <Lanes frame={frame} past={past} openStory={openStory} />}
      {look && <Charts minutes={look.minutes} />}
      {look && <ClassesView {...look} />}
      {frame && (
        <div class="columns">
          <SplitView frame={frame} reset={() => void doIt({ action: 'reset' })} />
          <div>
            <SendForm
              forms={own}
              send={(wish) => doIt({ action: 'send', ...wish })}
              say={(message) => tell({ ok: false, message })}
            />
            <WaitsView waits={frame.waits} />
            <FailuresView reasons={frame.reasons} />
          </div>
        </div>
      )}
      <DeadLettersView count={now.queue.deadLetters} confirm={confirm} tell={tell} openStory={openStory} />
      <Tasks types={own.map(({ type }) => type)} confirm={confirm} openStory={openStory} />
      <SchedulesView schedules={now.schedules} />
    </>
  )
}

/** What is wrong, and what to do. */
function Findings({ findings }: { readonly findings: readonly { what: string; remedy: string }[] }) {
  if (findings.length === 0) return null
  return (
    <section aria-labelledby="wrong" class="findings">
      <h2 id="wrong">What is wrong</h2>
      <ul>
        {findings.map(({ what, remedy }) => (
          <li key={what}>
            {what} <span class="muted">{remedy}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

render(<App />, document.body)
