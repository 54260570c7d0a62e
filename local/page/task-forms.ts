import { realpathSync } from 'node:fs'
import * as z from 'zod'
import type { TaskType } from '../../services/contract/task-type.ts'
import { taskTypes } from '../../services/tasks/registry.ts'
import type { Field, TaskForm } from './frame.ts'

/** What JSON Schema says of one field, as far as an input can heed it. */
interface Property {
  readonly type?: string
  readonly default?: unknown
  readonly minimum?: number
  readonly maximum?: number
}

/**
 * `node local/page/task-forms.ts` prints them: a process of its own reads the task types as they are now.
 * import.meta.main is not there before Node 24.2.
 */
if (realpathSync(process.argv[1] ?? '') === import.meta.filename)
  console.log(JSON.stringify(taskTypes.map(taskForm)))

/** How a task type is sent, by its payload's schema. */
export function taskForm({ type, payload, queue }: Pick<TaskType, 'type' | 'payload' | 'queue'>): TaskForm {
  const schema = z.toJSONSchema(payload, { io: 'input', unrepresentable: 'any' })
  if (schema.type !== 'object' || schema.properties === undefined) return { type, queue, fields: null }
  const required = new Set(schema.required)
  const fields = Object.entries(schema.properties).map(([name, property]) =>
    fieldOf(name, property as Property, required.has(name)),
  )
  return { type, queue, fields }
}

function fieldOf(name: string, property: Property, required: boolean): Field {
  const { type, default: given, minimum = -Infinity, maximum = Infinity } = property
  if (type === 'string') return { name, kind: 'text', required, value: String(given ?? '') }
  if (type !== 'integer' && type !== 'number') {
    return { name, kind: 'json', required, value: JSON.stringify(given) ?? '' }
  }
  const sensible = required ? Math.min(maximum, Math.max(minimum, 500)) : ''
  // of a whole number without bounds zod says that it is a safe one
  const bound = (value: number) => (Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined)
  const step = type === 'integer' ? '1' : 'any'
  const [min, max] = [bound(minimum), bound(maximum)]
  return { name, kind: 'number', required, value: String(given ?? sensible), min, max, step }
}
