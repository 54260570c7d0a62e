/** Stands where a text of several lines, a stack above all, would stand a second time. */
export const asAbove = 'as above'

type Fields = Readonly<Record<string, unknown>>

/** Leaves each text of several lines standing once: a handler that fails ten times has ten equal stacks. */
export function toldOnce(): (fields: Fields) => Fields {
  const told = new Set<string>()
  const once = (value: unknown) => {
    if (typeof value !== 'string' || !value.includes('\n')) return value
    if (told.has(value)) return asAbove
    told.add(value)
    return value
  }
  return (fields) =>
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, once(value)] as const))
}
