/** Longest that one request may take, in seconds: API Gateway answers after 30 at the latest. */
const trySeconds = 35
/** Seconds before the second try, on average half of it; each further one doubles that. */
const firstBackoff = 0.5
const longestBackoff = 20

/** How long a call is tried again, and when. */
export class Deadline {
  readonly #deadlineMs: number
  #until: number
  #tries = 0

  /** @param deadlineSeconds from now, or from the last {@link renew}; with 0 there is one try */
  constructor(deadlineSeconds: number) {
    this.#deadlineMs = deadlineSeconds * 1_000
    this.#until = performance.now() + this.#deadlineMs
  }

  /** Milliseconds that the try which begins now may take. */
  get tryMs(): number {
    const left = this.#deadlineMs === 0 ? Number.POSITIVE_INFINITY : this.#until - performance.now()
    return Math.max(1, Math.min(trySeconds * 1_000, left))
  }

  /** It goes forward: time and backoff count anew. */
  renew(): void {
    this.#until = performance.now() + this.#deadlineMs
    this.#tries = 0
  }

  /**
   * Waits until the next try: as long as the answer asks for, and a random time more, so that not all who were refused
   * come back at once.
   * @returns whether there is time for one; false after an abort too
   */
  async pause(retryAfter = 0, signal?: AbortSignal): Promise<boolean> {
    const backoff = Math.min(longestBackoff, firstBackoff * 2 ** this.#tries)
    this.#tries += 1
    const ms = (retryAfter + Math.random() * backoff) * 1_000
    if (performance.now() + ms >= this.#until) return false
    await pauseFor(ms, signal)
    return signal?.aborted !== true
  }
}

/** Ends early when the signal fires. */
export function pauseFor(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal?.addEventListener('abort', end)
  })
}
