/** For a percentage, the smallest of the values that so many of them do not exceed; undefined without any. */
export function percentilesOf(values: ArrayLike<number>): (percent: number) => number | undefined {
  // a typed array sorts by number, and ten times as fast
  const sorted = Float64Array.from(values).sort()
  return (percent) => sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)]
}

/** A time to read: `38 ms`, `4.2 s`, `12 min`, `3.5 h`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  const seconds = ms / 1_000
  if (seconds < 120) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`
}

/** An amount of data to read: `38 KB`, `4.2 MB`, `12 GB`. */
export function size(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log(bytes) / Math.log(1_024)))
  const amount = bytes / 1_024 ** power
  return `${power > 0 && amount < 10 ? amount.toFixed(1) : Math.round(amount)} ${units[power]}`
}

/** A price in USD: `0.016 USD`, and what is less than a tenth of a cent as such. */
export function price(usd: number): string {
  return usd < 0.001 ? 'less than 0.001 USD' : `about ${usd.toFixed(usd < 1 ? 3 : 2)} USD`
}
