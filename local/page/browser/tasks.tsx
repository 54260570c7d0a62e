import type { Reading, TaskSearch, TasksSeen } from '../desk-words.ts'
import { lookUp } from './asked.ts'
import { useAsking } from './asking.ts'
import type { Confirm } from './dialog.tsx'
import { sizeText } from './figures.ts'
import { Found } from './found.tsx'
import { SearchForm } from './search-form.tsx'

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
