/** How long each part of a rehearsal took. */
export interface PhaseClock {
  /** Whole seconds, in the order in which the phases ended. */
  seconds(): Record<string, number>
  /** Ends a phase, which began when the one before it ended. */
  ended(phase: string): void
}

export function startPhaseClock(): PhaseClock {
  const phases: [string, number][] = []
  let began = performance.now()
  return {
    seconds: () => Object.fromEntries(phases),
    ended(phase) {
      const now = performance.now()
      phases.push([phase, Math.round((now - began) / 1_000)])
      began = now
    },
  }
}
