import { useId, useState } from 'preact/hooks'
import { limits } from '../../../services/contract/limits.ts'
import type { Field, TaskForm } from '../frame.ts'

/** What the form sends; the server and the producer judge it. */
export interface Wish {
  readonly type: string
  readonly count: number
  readonly payload: unknown
  readonly priority?: number
  readonly tenant?: string
  /** Left out: at once. */
  readonly delaySeconds?: number
}

interface SendFormProps {
  readonly forms: readonly TaskForm[]
  readonly send: (wish: Wish) => Promise<void>
  /** Says why nothing is sent. */
  readonly say: (message: string) => void
}

/** Sends tasks of any type that the services know. */
export function SendForm({ forms, send, say }: SendFormProps) {
  const [chosen, choose] = useState('')
  const [sending, setSending] = useState(false)
  const form = forms.find(({ type }) => type === chosen) ?? forms[0]
  if (form === undefined) return null
  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    if (sending) return
    const data = new FormData(event.currentTarget as HTMLFormElement)
    setSending(true)
    try {
      await send({ type: form.type, ...readOrder(data), payload: readPayload(form, data) })
    } catch (error) {
      say(`the payload is not JSON: ${error instanceof Error ? error.message : error}`)
    }
    setSending(false)
  }
  return (
    <section aria-labelledby="send">
      <h2 id="send">Send tasks</h2>
      <form onSubmit={submit}>
        <div>
          <label for="count">how many</label>
          <input id="count" name="count" type="number" min="1" max="10000" defaultValue="50" required />
        </div>
        <div>
          <label for="type">type</label>
          <select id="type" value={form.type} onChange={({ currentTarget }) => choose(currentTarget.value)}>
            {forms.map(({ type }) => (
              <option key={type}>{type}</option>
            ))}
          </select>
        </div>
        {fieldsOf(form).map((field) => (
          <Input key={`${form.type} ${field.name}`} field={field} />
        ))}
        <div>
          <label for="priority">priority</label>
          <input
            id="priority"
            name="priority"
            type="number"
            min="0"
            max={limits.priority}
            placeholder="of the type"
          />
        </div>
        <div>
          <label for="tenant">tenant</label>
          <input id="tenant" name="tenant" placeholder="none" />
        </div>
        <div>
          <label for="delay">later by, in s</label>
          <input id="delay" name="delay" type="number" min="1" max={limits.delaySeconds} />
        </div>
        <button type="submit" aria-disabled={sending}>
          Send
        </button>
      </form>
    </section>
  )
}

const whole: Field = { name: 'payload', kind: 'json', required: true, value: '{}' }
const fieldsOf = ({ fields }: TaskForm) => fields ?? [whole]

function Input({ field: { name, kind, value, required, min, max, step } }: { readonly field: Field }) {
  const id = useId()
  // `defaultValue`: a frame that comes while one types must not undo it
  const own = { id, name: `field ${name}`, defaultValue: value, required }
  return (
    <div class={kind === 'json' ? 'wide' : ''}>
      <label for={id}>{name}</label>
      {kind === 'number' && <input {...own} type="number" {...{ min, max, step }} />}
      {kind === 'text' && <input {...own} />}
      {kind === 'json' && <textarea {...own} spellcheck={false} />}
    </div>
  )
}

/** How many, when, and who goes first. What is left empty is left out. */
function readOrder(data: FormData): Omit<Wish, 'type' | 'payload'> {
  const [priority, tenant, delay] = ['priority', 'tenant', 'delay'].map((name) => String(data.get(name)))
  return {
    count: Number(data.get('count')),
    ...(priority ? { priority: Number(priority) } : {}),
    ...(tenant ? { tenant } : {}),
    ...(delay ? { delaySeconds: Number(delay) } : {}),
  }
}

/** The payload that was typed in. A field left empty is left out. */
function readPayload(form: TaskForm, data: FormData): unknown {
  const entries = fieldsOf(form).flatMap(({ name, kind }) => {
    const text = String(data.get(`field ${name}`))
    if (text === '') return []
    return [[name, kind === 'text' ? text : JSON.parse(text)]]
  })
  const payload = Object.fromEntries(entries)
  return form.fields === null ? payload.payload : payload
}
