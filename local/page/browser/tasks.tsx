import type { SoughtTasks, TasksSeen } from '../desk-words.ts'
import { lookUp } from './asked.ts'
import { useAsking } from './asking.ts'
import { mayReadLogs } from './consent.ts'
import type { Confirm } from './dialog.tsx'
import { FoundView } from './found.tsx'
import { SearchForm } from './search-form.tsx'

interface TasksProps {
  /** Types that the queue is known to have. */
  readonly types: readonly string[]
  readonly confirm: Confirm
  readonly openStory: (id: string) => void
}

/** Tasks that were tried, by id, type, outcome and time; then by all that they have in common. */
export function Tasks({ types, confirm, openStory }: TasksProps) {
  const [asking, ask] = useAsking<TasksSeen | undefined>()
  const search = async (wanted: SoughtTasks) => {
    await ask(async () =>
      (await mayReadLogs(wanted, confirm))
        ? lookUp<TasksSeen>({ wish: 'search', search: wanted })
        : undefined,
    )
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
      {asking.state === 'here' && asking.answer && <FoundView found={asking.answer} openStory={openStory} />}
    </section>
  )
}
