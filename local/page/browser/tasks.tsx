import { useState } from 'preact/hooks'
import { outcomes, unfailing } from '../../../services/contract/log.ts'
import type { Reading, SeenTask, TaskSearch, TasksSeen } from '../desk-words.ts'
import { lookUp } from './asked.ts'
import { useAsking } from './asking.ts'
import type { Confirm } from './dialog.tsx'
import { Facets, facetsOf, type Picked } from './facets.tsx'
import { counted, number, timeText, waitText } from './figures.ts'
import { Rows } from './rows.tsx'

interface TasksProps {
  /** Types that the queue is known to have. */
  readonly types: readonly string[]
  readonly confirm: Confirm
  readonly openStory: (id: string) => void
}

/** From here on, in USD, a search asks before it reads. */
const largeUsd = 0.05

/** Tasks that were tried, by id, type, outcome and time; then by all that they have in common. */
export function Tasks({ types, confirm, openStory }: TasksProps) {
  const [asking, ask] = useAsking<TasksSeen | undefined>()
  const search = async (wanted: TaskSearch) => {
    const { from, to } = wanted
    await ask(async () => {
      const { bytes, usd } = await lookUp<Reading>({ wish: 'cost', from, to })
      const text = `The logs of this time hold about ${sizeText(bytes)}, which costs about $${usd.toFixed(2)} to read. A shorter time costs less.`
      if (usd >= largeUsd && !(await confirm({ title: 'Read so much?', text, verb: 'Read' })))
        return undefined
      return lookUp<TasksSeen>({ wish: 'search', search: wanted })
    })
  }
  return (
    <section aria-labelledby="tasks">
      <h2 id="tasks">Tasks</h2>
      <SearchForm types={types} busy={asking.state === 'asking'} search={search} />
      {asking.state === 'asking' && <p role="status">Reading the task log …</p>}
      {asking.state === 'failed' && <p class="wrong">{asking.message}</p>}
      {asking.state === 'none' && (
        <p class="muted">A search reads the task log: each task that was tried, by its last try.</p>
      )}
      {asking.state === 'here' && asking.answer && <Found found={asking.answer} openStory={openStory} />}
    </section>
  )
}

const minute = 60_000
const spans = [
  ['15 minutes', 15 * minute],
  ['hour', 60 * minute],
  ['6 hours', 360 * minute],
  ['24 hours', 1_440 * minute],
  ['7 days', 10_080 * minute],
] as const

interface SearchFormProps {
  readonly types: readonly string[]
  readonly busy: boolean
  readonly search: (search: TaskSearch) => Promise<void>
}

function SearchForm({ types, busy, search }: SearchFormProps) {
  const [between, setBetween] = useState(false)
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    if (busy) return
    const data = new FormData(event.currentTarget as HTMLFormElement)
    const text = (name: string) => String(data.get(name) ?? '').trim()
    const now = Date.now()
    const [id, type] = [text('task-id'), text('task-type')]
    const outcome = outcomes.find((one) => one === text('outcome'))
    const span = between
      ? { from: Date.parse(text('from')) || 0, to: Date.parse(text('to')) || now }
      : { from: now - Number(text('span')), to: now + minute }
    void search({ ...span, ...(id && { id }), ...(type && { type }), ...(outcome && { outcome }) })
  }
  return (
    <form onSubmit={submit} class="search">
      <div>
        <label for="task-id">id, or its beginning</label>
        <input
          id="task-id"
          name="task-id"
          type="search"
          maxLength={128}
          spellcheck={false}
          autocomplete="off"
        />
      </div>
      <div>
        <label for="task-type">task type</label>
        <input id="task-type" name="task-type" list="known-types" spellcheck={false} autocomplete="off" />
        <datalist id="known-types">
          {types.map((type) => (
            <option key={type}>{type}</option>
          ))}
        </datalist>
      </div>
      <div>
        <label for="outcome">outcome</label>
        <select id="outcome" name="outcome">
          <option value="">any</option>
          {outcomes.map((outcome) => (
            <option key={outcome}>{outcome}</option>
          ))}
        </select>
      </div>
      <div>
        <label for="span">in the last</label>
        <select
          id="span"
          name="span"
          onChange={({ currentTarget }) => setBetween(currentTarget.value === '')}
        >
          {spans.map(([name, ms]) => (
            <option key={name} value={ms}>
              {name}
            </option>
          ))}
          <option value="">between …</option>
        </select>
      </div>
      {between &&
        (['from', 'to'] as const).map((name) => (
          <div key={name}>
            <label for={name}>{name}</label>
            <input id={name} name={name} type="datetime-local" step="1" />
          </div>
        ))}
      <button type="submit" aria-disabled={busy}>
        Search
      </button>
    </form>
  )
}

function Found({
  found,
  openStory,
}: {
  readonly found: TasksSeen
  readonly openStory: (id: string) => void
}) {
  const [text, setText] = useState('')
  const [picked, pick] = useState<Picked>({})
  const { tasks, more, reading, sampled } = found
  const facets = facetsOf(tasks)
  const shown = tasks.filter((task) => fits(task, text, picked))
  const notes = [
    more > 0 ? `and ${counted(more, 'more line')} in the log` : '',
    sampled ?? '',
    reading.usd > 0 ? `read ${sizeText(reading.bytes)} for $${reading.usd.toFixed(4)}` : '',
  ]
  if (tasks.length === 0) return <p class="muted">No task of this kind was tried in that time.</p>
  return (
    <>
      <p class="muted" role="status">
        {[
          `${number.format(shown.length)} of ${counted(tasks.length, 'task')}, the newest first`,
          ...notes.filter(Boolean),
        ].join('; ')}
      </p>
      <div class="found">
        <Facets facets={facets} picked={picked} pick={pick} />
        <div>
          <label for="narrow" class="unseen">
            Only those that have this in their id, type, tenant or reason
          </label>
          <input
            id="narrow"
            type="search"
            placeholder="only those with …"
            spellcheck={false}
            onInput={({ currentTarget }) => setText(currentTarget.value.toLowerCase())}
          />
          <Rows label="Tasks" columns={taskColumns} rows={shown} open={({ id }) => openStory(id)} />
        </div>
      </div>
    </>
  )
}

function fits(task: SeenTask, text: string, picked: Picked): boolean {
  const { id, type, tenant = '', reason = '' } = task
  if (text !== '' && !`${id} ${type} ${tenant} ${reason}`.toLowerCase().includes(text)) return false
  return Object.entries(picked).every(([name, value]) => value === String(task[name as keyof Picked] ?? ''))
}

const taskColumns = [
  { name: 'id', cell: ({ id }: SeenTask) => id },
  { name: 'type', cell: ({ type }: SeenTask) => type },
  {
    name: 'outcome',
    cell: ({ outcome, deliveryCount }: SeenTask) => (
      <>
        <span class={outcome === 'done' ? 'chip good' : unfailing.includes(outcome) ? 'chip' : 'chip bad'}>
          {outcome}
        </span>
        {deliveryCount > 0 && ` try ${deliveryCount + 1}`}
      </>
    ),
  },
  { name: 'ended', cell: ({ endedAt }: SeenTask) => timeText(endedAt) },
  { name: 'waited', cell: ({ waitMs }: SeenTask) => waitText(waitMs) },
  { name: 'took', cell: ({ durationMs }: SeenTask) => waitText(durationMs) },
  { name: 'reason', cell: ({ reason = '' }: SeenTask) => reason },
]

function sizeText(bytes: number): string {
  return bytes < 1e6
    ? `${Math.ceil(bytes / 1e3)} kB`
    : bytes < 1e9
      ? `${Math.ceil(bytes / 1e6)} MB`
      : `${(bytes / 1e9).toFixed(1)} GB`
}
