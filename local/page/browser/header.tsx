import type { QueueState } from '../frame.ts'
import { type Tell, wishFor } from './asked.ts'
import { clockText } from './figures.ts'
import { Shortcuts } from './shortcuts.tsx'

interface HeaderProps {
  readonly queue: QueueState | undefined
  readonly queues: readonly string[]
  readonly asOf: number | null | undefined
  readonly tell: Tell
}

/** Which queue it is, as of when, and what stops and starts it. */
export function Header({ queue, queues, asOf, tell }: HeaderProps) {
  const paused = (queue?.pausedSeconds ?? 0) > 0
  const change = async () => tell(await wishFor({ wish: paused ? 'resume' : 'pause' }))
  return (
    <header>
      <h1>
        {document.body.dataset['title']}
        {queue && queues.length < 2 && <span class="muted"> {queue.name}</span>}
      </h1>
      <Queues name={queue?.name} queues={queues} />
      <span class="muted age">
        {asOf === null && 'no figures for half an hour'}
        {typeof asOf === 'number' && `figures of ${clockText(asOf)}`}
      </span>
      {queue && (
        <button type="button" onClick={change}>
          {paused ? 'Resume' : 'Pause'}
        </button>
      )}
      <Shortcuts queues={queues} />
      {paused && (
        <p class="banner">
          Paused: workers finish what they run and take nothing new. Tasks can still be sent. Resume ends it.
        </p>
      )}
    </header>
  )
}

/** Each queue has a page; where there is one queue, nothing is shown. */
function Queues({ name, queues }: { readonly name: string | undefined; readonly queues: readonly string[] }) {
  if (queues.length < 2) return null
  return (
    <nav aria-label="Queues">
      {queues.map((each) => (
        <a
          key={each}
          href={`?queue=${encodeURIComponent(each)}`}
          aria-current={each === name ? 'page' : undefined}
        >
          {each}
        </a>
      ))}
    </nav>
  )
}
