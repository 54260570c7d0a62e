import { useState } from 'preact/hooks'
import { unfailing } from '../../../services/contract/log.ts'
import type { SeenTask, TasksSeen } from '../desk-words.ts'
import { Facets, facetsOf, type Picked } from './facets.tsx'
import { clockText, counted, number, sizeText, waitText } from './figures.ts'
import { Rows } from './rows.tsx'

const narrow = matchMedia('(max-width: 640px)')

/** Found tasks: what they have in common, then each. */
export function FoundView({
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
      <details open={!narrow.matches}>
        <summary>Waits and failures by what they have in common</summary>
        <Facets facets={facets} picked={picked} pick={pick} />
      </details>
      <div class="found">
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
  { name: 'ended', cell: ({ endedAt }: SeenTask) => clockText(endedAt) },
  { name: 'waited', cell: ({ waitMs }: SeenTask) => waitText(waitMs) },
  { name: 'took', cell: ({ durationMs }: SeenTask) => waitText(durationMs) },
  { name: 'reason', cell: ({ reason = '' }: SeenTask) => reason },
]
