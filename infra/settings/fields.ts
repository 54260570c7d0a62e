import * as z from 'zod'

/** Says that what stands at `path` does not fit, and what to do. */
export type Report = (path: readonly (string | number)[], remedy: string) => void

/** A whole number. One message gives the range, whatever is wrong with the value. */
export function whole(min: number, max = Number.MAX_SAFE_INTEGER, why = '') {
  const range = max === Number.MAX_SAFE_INTEGER ? `of ${min} or more` : `from ${min} to ${max}`
  const remedy = `use a whole number ${range}${why && `: ${why}`}`
  // not z.int(), whose issue would keep the rules over several fields from running
  return z.number(remedy).multipleOf(1, remedy).min(min, remedy).max(max, remedy)
}

/** A number that need not be whole. */
export function decimal(min: number, max: number, remedy: string) {
  return z.number(remedy).min(min, remedy).max(max, remedy)
}

/** One of some texts or numbers. */
export function choice<const Values extends readonly (string | number)[]>(values: Values, more = '') {
  return z.literal([...values] as Values[number][], `choose one of ${values.join(', ')}${more}`)
}

export function text(pattern: RegExp, remedy: string) {
  return z.string(remedy).regex(pattern, remedy)
}

export const yesOrNo = () => z.boolean('use true or false')

/** No value twice. */
export function different<Item extends z.ZodType>(items: z.ZodArray<Item>, what: string) {
  return items.refine((all) => new Set(all).size === all.length, {
    error: `each ${what} only once`,
    when: ({ value }) => Array.isArray(value),
  })
}

/**
 * A rule over several fields. It runs whenever the fields that it `needs` have the right form, whatever else is wrong,
 * so that all problems are reported at once.
 */
export function withRule<Schema extends z.ZodType, Needs extends z.ZodType>(
  schema: Schema,
  needs: Needs,
  find: (value: z.output<Needs>, report: Report) => void,
): Schema {
  return schema.superRefine(
    (value, context) => {
      const needed = needs.safeParse(value)
      if (!needed.success) return
      find(needed.data, (path, message) => context.addIssue({ code: 'custom', path: [...path], message }))
    },
    { when: () => true },
  )
}
