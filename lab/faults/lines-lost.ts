import { until } from '../../test/support/until.ts'
import { patienceSeconds } from './patience.ts'
import type { Seat } from './seats.ts'

/**
 * Notes the connections that seats have now; the function that it gives waits until each has lost them: a fault that
 * strikes nobody is an error.
 */
export function linesLost(seats: readonly Seat[]): () => Promise<void> {
  const before = seats.map(({ line, service }) => ({ accepted: line.accepted, service }))
  return async () => {
    const kept = () =>
      seats.filter(({ line, service }, index) => {
        const then = before[index]
        return line.open > 0 && line.accepted === then?.accepted && service === then.service
      })
    await until(() => kept().length === 0, {
      within: patienceSeconds,
      what: `${seats.map(({ name }) => name).join(', ')} lose their connections`,
    })
  }
}
