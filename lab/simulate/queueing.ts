/**
 * Mean waits of queues with Poisson arrivals, in the unit of the service time, before which the simulator must hold.
 * L. Kleinrock, Queueing Systems I, 1975: M/M/c in 3.5, M/G/1 in 5.6.
 */

/** Erlang's C: the chance that a task waits. @param load arrival rate × service time; less than `slots` */
export function erlangC(slots: number, load: number): number {
  // Erlang's B by its recursion, which does not overflow
  let blocked = 1
  for (let count = 1; count <= slots; count += 1) blocked = (load * blocked) / (count + load * blocked)
  return blocked / (1 - (load / slots) * (1 - blocked))
}

/** M/M/c, service time 1 in the mean. */
export const meanWaitMMc = (slots: number, load: number) => erlangC(slots, load) / (slots - load)

/** Pollaczek and Khinchine: M/G/1, service time 1 in the mean. @param variance of the service time */
export const meanWaitMG1 = (load: number, variance: number) => (load * (1 + variance)) / (2 * (1 - load))
