/** How the workers of `npm run dev` may be set. Plain data: the page in the browser reads it too. */

/** Names of {@link modes}. */
export type Mode = 'auto' | 'fair'

/** What makes dispatch fair, and what most begin with. */
export const modes = {
  auto: { ack: 'auto', prefetch: '0', title: 'automatic ack, no prefetch limit' },
  fair: { ack: 'manual', prefetch: '1', title: 'manual ack, prefetch 1' },
} as const

/** How much longer than its `ms` a sleep task takes, by worker class. */
export const sleepFactors = { slow: 2, fast: 1 } as const
export type CrewClass = keyof typeof sleepFactors
export const crewClasses = ['slow', 'fast'] as const satisfies readonly CrewClass[]

/** Each is a process: this many of a class are enough to see what there is to see. */
export const maxWorkers = 6
