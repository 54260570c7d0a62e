import * as z from 'zod'
import { environmentSchema } from './environment.ts'

/** One field of an environment that holds a value, not other fields. */
export interface Setting {
  /** Such as `workQueue.workers[].cpu`: `[]` stands for each item of a list. */
  readonly path: string
  readonly description: string
  readonly optional: boolean
  readonly schema: z.core.$ZodType
  /** What fits, as the remedy says it. */
  readonly values: string
}

/**
 * Every setting of the schema, in its order; one that several forms of `network` have comes once for each. Those that
 * `moreQueues` shares with `workQueue` come once.
 */
export function listSettings(): Setting[] {
  const told = new Set<z.core.$ZodType>()
  return settingsOf(environmentSchema, '').filter(({ schema }) => !told.has(schema) && told.add(schema))
}

function settingsOf(schema: z.core.$ZodType, path: string): Setting[] {
  if (schema instanceof z.ZodOptional)
    return settingsOf(schema.unwrap(), path).map((setting) => ({
      ...setting,
      description: setting.description || (schema.description ?? ''),
      // of a list or an object that may be left out, each item must still be whole
      optional: isWhole(schema.unwrap()) ? setting.optional : true,
    }))
  if (schema instanceof z.ZodObject)
    return Object.entries(schema.shape).flatMap(([key, field]) =>
      settingsOf(field as z.ZodType, path ? `${path}.${key}` : key),
    )
  if (schema instanceof z.ZodArray && schema.element instanceof z.ZodObject)
    return settingsOf(schema.element, `${path}[]`)
  if (schema instanceof z.ZodUnion && schema.options.every((option) => option instanceof z.ZodObject))
    return schema.options.flatMap((option) => settingsOf(option, path))
  const { description = '' } = schema as z.ZodType
  // no schema takes a symbol, so its message is the one for a value of the wrong type
  const values = z.safeParse(schema, Symbol()).error?.issues[0]?.message ?? ''
  return [{ path, description, optional: false, schema, values }]
}

const isWhole = (schema: z.core.$ZodType) => schema instanceof z.ZodArray || schema instanceof z.ZodObject
