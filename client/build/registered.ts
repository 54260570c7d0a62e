import * as z from 'zod'
import type { Sendable } from '../../services/contract/task-type.ts'
import { type TypeSchema, typeText } from './type-text.ts'

/** The module of types that the packed client has in place of `src/registered-task.ts`: a line for each task type. */
export function registeredTypes(taskTypes: readonly Sendable[]): string {
  const kinds = taskTypes.map(({ type, payload }) => {
    const schema = z.toJSONSchema(payload, { io: 'input', unrepresentable: 'any', cycles: 'ref' })
    return `  | { readonly type: ${JSON.stringify(type)}; readonly payload: ${typeText(schema as TypeSchema)} }`
  })
  return [
    '/** The task types of the registry that this client was packed with. */',
    'export type RegisteredTask =',
    ...(kinds.length > 0 ? kinds : ['  never']),
    '',
  ].join('\n')
}
