import { useEffect } from 'preact/hooks'
import type { SeenStory } from '../desk-words.ts'
import { lookUp, type Tell, wishFor } from './asked.ts'
import { useAsking } from './asking.ts'
import { mayReadLogs } from './consent.ts'
import { type Confirm, Dialog } from './dialog.tsx'
import { Told } from './told.tsx'

interface StoryProps {
  readonly id: string
  /** The page's. */
  readonly queue: string
  readonly confirm: Confirm
  readonly tell: Tell
  readonly open: (id: string) => void
  readonly close: () => void
}

/** Of so many milliseconds the logs are read. */
const lookBack = 86_400_000

/** One task: every try, with what its handler wrote; and what can be done with it. */
export function Story({ id, queue, confirm, tell, open, close }: StoryProps) {
  const [asking, ask] = useAsking<SeenStory>()
  const read = () =>
    ask(async () => {
      const [since, to] = [Date.now() - lookBack, Date.now()]
      if (!(await mayReadLogs({ from: since, to }, confirm))) throw new Error('its log lines were not read')
      return lookUp<SeenStory>({ wish: 'story', id, since })
    })
  useEffect(() => void read(), [id])
  const redrive = async () => {
    const text = 'The dead letter goes back to the queue, and the task is done again.'
    if (!(await confirm({ title: `Redrive ${id}?`, text, verb: 'Redrive' }))) return
    tell(await wishFor({ wish: 'redrive', which: { ids: [id] } }))
    await read()
  }
  const cancel = async () => {
    const text =
      'A worker that has it ends it; one that takes it drops it. What it has done by then stays done, and no dead letter remains of it.'
    if (!(await confirm({ title: `Cancel ${id}?`, text, verb: 'Cancel the task' }))) return
    tell(await wishFor({ wish: 'cancel', ids: [id], undo: false }))
  }
  const undo = async () => tell(await wishFor({ wish: 'cancel', ids: [id], undo: true }))
  const state = asking.state === 'here' ? asking.answer.state : undefined
  const own = asking.state === 'here' ? (asking.answer.tries.at(-1)?.queue ?? queue) : queue
  return (
    <Dialog title={id} kind="story" close={close}>
      {asking.state === 'asking' && <p role="status">Reading its log lines …</p>}
      {asking.state === 'failed' && <p class="wrong">{asking.message}</p>}
      {asking.state === 'here' && <Told story={asking.answer} open={open} />}
      <p class="buttons">
        <button type="button" aria-disabled={asking.state === 'asking'} onClick={read}>
          Read again
        </button>
        {state === 'dead' && own !== queue && (
          <a href={`?queue=${encodeURIComponent(own)}`}>Its dead letter is in the queue {own}</a>
        )}
        {state === 'dead' && own === queue && (
          <button type="button" onClick={redrive}>
            Redrive
          </button>
        )}
        {state === 'cancelled' && (
          <button type="button" onClick={undo}>
            Let it be done again
          </button>
        )}
        {state !== undefined && state !== 'done' && state !== 'dead' && state !== 'cancelled' && (
          <button type="button" class="danger" onClick={cancel}>
            Cancel the task
          </button>
        )}
      </p>
    </Dialog>
  )
}
