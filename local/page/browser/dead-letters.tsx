import { useState } from 'preact/hooks'
import type { DeadLettersSeen, DeadTask, WhichLetters } from '../desk-words.ts'
import { lookUp, type Tell, wishFor } from './asked.ts'
import { useAsking } from './asking.ts'
import { agreed } from './consent.ts'
import type { Confirm } from './dialog.tsx'
import { clockText, counted, number } from './figures.ts'
import { lettersByError } from './letter-groups.ts'
import { Rows } from './rows.tsx'

type Redrive = (many: number, which: WhichLetters) => Promise<void>

interface DeadLettersViewProps {
  /** By the broker's figures; null where it has not said anything yet. */
  readonly count: number | null
  readonly confirm: Confirm
  readonly tell: Tell
  readonly openStory: (id: string) => void
}

/** Dead letters by type and last error: how many of them, since when, and the way back for all, a group or one. */
export function DeadLettersView({ count, confirm, tell, openStory }: DeadLettersViewProps) {
  const [asking, ask] = useAsking<DeadLettersSeen>()
  const look = () =>
    ask(async () => {
      const seen = await lookUp<DeadLettersSeen>({ wish: 'deadLetters', agreed: false })
      if (seen.unread === undefined || !(await agreed(seen.unread, confirm))) return seen
      return lookUp<DeadLettersSeen>({ wish: 'deadLetters', agreed: true })
    })
  const [moving, setMoving] = useState(false)
  const redrive: Redrive = async (many, which) => {
    const what = counted(many, 'dead letter')
    const text = `${what} go back to the queue, and their tasks are done again. That cannot be taken back, but they can be cancelled.`
    if (moving || !(await confirm({ title: `Redrive ${what}?`, text, verb: 'Redrive' }))) return
    setMoving(true)
    tell({ ok: true, message: `redriving ${what} …` })
    tell(await wishFor({ wish: 'redrive', which }))
    setMoving(false)
    await look()
  }
  return (
    <section aria-labelledby="dead-letters">
      <h2 id="dead-letters" tabIndex={-1}>
        Dead letters{' '}
        {count !== null && <span class={count > 0 ? 'chip bad' : 'chip'}>{number.format(count)}</span>}
      </h2>
      {asking.state === 'failed' && <p class="wrong">{asking.message}</p>}
      {asking.state !== 'here' && (count ?? 1) > 0 && (
        <p>
          <button type="button" aria-disabled={asking.state === 'asking'} onClick={look}>
            {asking.state === 'asking' ? 'Reading them …' : 'Show them by error'}
          </button>
        </p>
      )}
      {asking.state !== 'here' && count === 0 && (
        <p class="muted">None: each task that was given up would be here.</p>
      )}
      {asking.state === 'here' && (
        <Groups seen={asking.answer} redrive={redrive} look={look} openStory={openStory} moving={moving} />
      )}
    </section>
  )
}

interface GroupsProps {
  readonly seen: DeadLettersSeen
  readonly redrive: Redrive
  readonly look: () => Promise<void>
  readonly openStory: (id: string) => void
  readonly moving: boolean
}

function Groups({ seen: { at, count, letters }, redrive, look, openStory, moving }: GroupsProps) {
  const [opened, setOpened] = useState('')
  const groups = lettersByError(letters)
  if (letters.length === 0) return <p class="muted">None, as of {clockText(at)}.</p>
  return (
    <>
      <p class="muted">
        {count > letters.length
          ? `The oldest ${number.format(letters.length)} of ${number.format(count)}`
          : number.format(count)}
        , as of {clockText(at)}
      </p>
      <div class="scroll">
        <table class="groups">
          <caption class="unseen">Dead letters by type and last error</caption>
          <thead>
            <tr>
              <th scope="col">type</th>
              <th scope="col">last error</th>
              <th scope="col">count</th>
              <th scope="col">first</th>
              <th scope="col">last</th>
              <th scope="col">
                <span class="unseen">do</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {groups.map(({ key, type, error, members, first, last }) => (
              <tr key={key}>
                <td>{type || '(none)'}</td>
                <th scope="row">
                  <button
                    type="button"
                    class="link"
                    aria-expanded={opened === key}
                    onClick={() => setOpened(opened === key ? '' : key)}
                  >
                    {error}
                  </button>
                </th>
                <td>{number.format(members.length)}</td>
                <td>{clockText(first)}</td>
                <td>{clockText(last)}</td>
                <td>
                  <button
                    type="button"
                    aria-label={`Redrive ${counted(members.length, 'dead letter')}: ${type} ${error}`}
                    aria-disabled={moving}
                    onClick={() => redrive(members.length, { ids: members.map(({ id }) => id) })}
                  >
                    Redrive
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {groups
        .filter(({ key }) => key === opened)
        .map(({ key, error, members }) => (
          <Rows
            key={key}
            label={`Dead letters: ${error}`}
            columns={letterColumns}
            rows={members}
            open={({ id }) => openStory(id)}
          />
        ))}
      <p class="buttons">
        <button type="button" onClick={look}>
          Look again
        </button>
        <button type="button" aria-disabled={moving} onClick={() => redrive(count, { diedBefore: at })}>
          Redrive all {number.format(count)}
        </button>
      </p>
    </>
  )
}

const letterColumns = [
  { name: 'id', cell: ({ id }: DeadTask) => id || '(none)' },
  { name: 'died', cell: ({ diedAt }: DeadTask) => clockText(diedAt) },
  { name: 'redriven before', cell: ({ redriven }: DeadTask) => (redriven > 0 ? `${redriven} ×` : '') },
]
