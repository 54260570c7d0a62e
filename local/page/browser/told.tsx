import { unfailing } from '../../../services/contract/log.ts'
import type { SeenLine, SeenStory, SeenTry } from '../desk-words.ts'
import { toldOnce } from '../told-once.ts'
import { clockText, counted, waitText } from './figures.ts'

const states: Readonly<Record<SeenStory['state'], string>> = {
  done: 'Done.',
  dead: 'Given up: it became a dead letter.',
  cancelled: 'Cancelled.',
  failed: 'Its last try failed: another one comes.',
  waiting: 'It waits for its next try.',
  unknown:
    'No try of it is in the logs of the last 24 hours: it still waits or runs its first try, is older, or there is no such task.',
}

/** What the logs tell of a task, try by try. */
export function Told({ story, open }: { readonly story: SeenStory; readonly open: (id: string) => void }) {
  const { state, type, tenant, priority, parent, acceptedAt, traceUrl, tries, lines, children } = story
  const facts = [
    ['type', type],
    ['tenant', tenant],
    ['priority', priority],
    ['accepted', acceptedAt === null ? undefined : clockText(acceptedAt)],
  ] as const
  const once = toldOnce()
  const told = tries.map(({ lines, ...one }) => ({
    ...one,
    lines: lines.map((line) => ({ ...line, fields: once(line.fields) })),
  }))
  return (
    <>
      <p class={state === 'dead' || state === 'failed' ? 'wrong' : ''}>{states[state]}</p>
      <p class="muted">
        {facts.flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`])).join(' · ')}
        {parent !== undefined && (
          <>
            {' · sent by '}
            <Link id={parent} open={open} />
          </>
        )}
        {traceUrl !== undefined && (
          <>
            {' · '}
            <a href={traceUrl} target="_blank" rel="noreferrer">
              trace
            </a>
          </>
        )}
      </p>
      <ol class="tries">
        {told.map((one) => (
          <Try key={`${one.worker} ${one.startedAt}`} one={one} />
        ))}
      </ol>
      {children.length > 0 && (
        <p>
          It has sent{' '}
          {children.map((child, index) => (
            <span key={child.id}>
              {index > 0 && ', '}
              <Link id={child.id} open={open} /> ({child.type}, {child.outcome})
            </span>
          ))}
        </p>
      )}
      {lines.length > 0 && <h3>Outside of its tries</h3>}
      <Lines lines={lines} />
    </>
  )
}

function Link({ id, open }: { readonly id: string; readonly open: (id: string) => void }) {
  return (
    <button type="button" class="link" onClick={() => open(id)}>
      {id}
    </button>
  )
}

function Try({ one }: { readonly one: SeenTry }) {
  const {
    outcome,
    reason,
    class: name,
    worker,
    startedAt,
    waitMs,
    durationMs,
    deliveryCount,
    sent,
    laterSeconds,
    last,
    lines,
  } = one
  const kind = outcome === 'done' ? 'good' : unfailing.includes(outcome) ? '' : 'bad'
  return (
    <li value={deliveryCount + 1}>
      <p>
        <span class={`chip ${kind}`}>{outcome}</span> {clockText(startedAt)}, took {waitText(durationMs)} on{' '}
        {name}
        {waitMs !== null && `, had waited ${waitText(waitMs)}`}
        {sent !== undefined && `, sent ${counted(sent, 'task')}`}
        {laterSeconds !== undefined && `, again after ${laterSeconds} s`}
        {last && ', and was given up'}
        <span class="muted"> {worker}</span>
      </p>
      {reason !== undefined && <p class="reason">{reason}</p>}
      <Lines lines={lines} />
    </li>
  )
}

function Lines({ lines }: { readonly lines: readonly SeenLine[] }) {
  if (lines.length === 0) return null
  return (
    <ul class="lines">
      {lines.map(({ time, level, msg, fields }) => (
        <li key={`${time} ${msg}`} class={level}>
          <span>{time.slice(11, 23)}</span> {level} {msg}{' '}
          {Object.keys(fields).length > 0 && <code>{JSON.stringify(fields)}</code>}
        </li>
      ))}
    </ul>
  )
}
