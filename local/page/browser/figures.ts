export const number = new Intl.NumberFormat('en')

export function waitText(ms: number | null): string {
  if (ms === null) return '–'
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 120_000) return `${(ms / 1_000).toFixed(1)} s`
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${(ms / 3_600_000).toFixed(1)} h`
}

/** `1 task`, `2 tasks`. */
export const counted = (count: number, one: string) =>
  `${number.format(count)} ${one}${count === 1 ? '' : 's'}`

/** In the reader's own time zone; the date where it is not today's. */
export function clockText(time: string | number | null | undefined): string {
  if (time === null || time === undefined) return '–'
  const date = new Date(time)
  const today = date.toDateString() === new Date().toDateString()
  return date.toLocaleString(undefined, { ...(today ? {} : { dateStyle: 'medium' }), timeStyle: 'medium' })
}

/** For a share from 0 to 1, the smallest of the values that so many of them do not exceed; null without any. */
export function quantile(values: readonly number[], share: number): number | null {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null
}

export function sizeText(bytes: number): string {
  return bytes < 1e6
    ? `${Math.ceil(bytes / 1e3)} kB`
    : bytes < 1e9
      ? `${Math.ceil(bytes / 1e6)} MB`
      : `${(bytes / 1e9).toFixed(1)} GB`
}
