import { useEffect, useState } from 'preact/hooks'
import { Dialog } from './dialog.tsx'

/** Key, what it does, and to what it goes: the id of an element. */
const places = [
  ['/', 'search for a task', 'task-id'],
  ['d', 'go to the dead letters', 'dead-letters'],
  ['s', 'go to the slots', 'slots'],
] as const
const others = [
  ['1 … 9', 'choose a queue'],
  ['?', 'this list'],
  ['↑ ↓ PgUp PgDn Home End', 'go through a list'],
  ['Enter', "open a task's story"],
  ['Esc', 'close what is open'],
] as const

/** Whether single keys do something: who speaks to the computer may not want that. */
const stored = 'single-keys'
const wanted = () => localStorage.getItem(stored) !== 'off'

/** Listens for single keys wherever nobody types. */
export function Shortcuts({ queues }: { readonly queues: readonly string[] }) {
  const [listed, setListed] = useState(false)
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const { key, target, ctrlKey, metaKey, altKey } = event
      const typing = target instanceof Element && target.closest('input, select, textarea, dialog') !== null
      if (typing || ctrlKey || metaKey || altKey || !wanted()) return
      const place = places.find(([own]) => own === key)
      const queue = queues[Number(key) - 1]
      if (place) document.getElementById(place[2])?.focus()
      else if (key === '?') setListed(true)
      else if (queue !== undefined && queues.length > 1)
        location.search = `?queue=${encodeURIComponent(queue)}`
      else return
      event.preventDefault()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [queues.join('\n')])
  return (
    <>
      <button type="button" onClick={() => setListed(true)}>
        Keys <kbd>?</kbd>
      </button>
      {listed && (
        <Dialog title="Keys" close={() => setListed(false)}>
          <table>
            <caption class="unseen">What each key does</caption>
            <tbody>
              {[...places, ...others].map(([key, what]) => (
                <tr key={key}>
                  <th scope="row">
                    <kbd>{key}</kbd>
                  </th>
                  <td>{what}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <label class="inline">
            <input
              type="checkbox"
              defaultChecked={wanted()}
              onChange={({ currentTarget }) =>
                localStorage.setItem(stored, currentTarget.checked ? 'on' : 'off')
              }
            />
            single keys do this
          </label>
        </Dialog>
      )}
    </>
  )
}
