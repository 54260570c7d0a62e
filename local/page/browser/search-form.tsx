import { useState } from 'preact/hooks'
import { outcomes } from '../../../services/contract/log.ts'
import type { SoughtTasks } from '../desk-words.ts'

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
  readonly search: (search: SoughtTasks) => Promise<void>
}

/** What tasks are looked for. */
export function SearchForm({ types, busy, search }: SearchFormProps) {
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
