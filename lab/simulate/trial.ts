import { seededRandom } from '../random.ts'
import type { Contestant } from './contestant.ts'
import type { Sample } from './distributions.ts'
import { poisson } from './loads.ts'
import { simulate } from './simulate.ts'

/** So many slots of one whole vCPU each, for ever. */
export const fixedSlots = (slots: number): Contestant => ({
  name: `${slots} slots`,
  classes: [
    {
      ...{ name: 'slot', vcpu: 1, memoryGiB: 2, architecture: 'ARM64', spot: false, slots: 1 },
      ...{ min: slots, max: slots, drainSeconds: 100, protects: false },
    },
  ],
  controls: () => [],
  pays: 'workers',
})

const never: Sample = () => {
  throw new Error('a fixed number of workers starts none')
}

/**
 * The mean wait of a queue with Poisson arrivals and a fixed number of slots, over runs with seeds of their own, and the
 * standard error of that mean.
 * @param load arrival rate × mean service time, which is 1
 */
export function trial(slots: number, load: number, work: Sample, runs: number, seconds: number) {
  const means = Array.from({ length: runs }, (_, seed) => {
    const tasks = poisson(seededRandom(seed), seconds, load, work)
    const contestant = fixedSlots(slots)
    const random = seededRandom(seed + runs)
    const { waits } = simulate({ tasks, contestant, random, startSeconds: never, gapSeconds: 0 })
    return waits.reduce((sum, wait) => sum + wait, 0) / waits.length
  })
  const mean = means.reduce((sum, each) => sum + each, 0) / runs
  const variance = means.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (runs - 1)
  return { mean, standardError: Math.sqrt(variance / runs) }
}
