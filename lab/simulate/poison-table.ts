import { quarantineFrom } from '../../services/worker/quarantine-host.ts'
import { median } from '../bench/median.ts'
import { seededRandom } from '../random.ts'
import { type Poisoned, poison } from './poisons.ts'

const innocents = 1_000
const runs = 20
const sizes = [1, 2, 4].flatMap((workers) => [4, 64, 250].map((slots) => ({ workers, slots })))

/** What poisons do in workers of several sizes, as a table of Markdown: medians of 20 runs, the most of all for failures and deaths. */
export function poisonTable(seed: number): string {
  const rows = sizes.map(({ workers, slots }) => {
    const ends = (poisons: number, from: number) =>
      Array.from({ length: runs }, (_, run) =>
        poison({ workers, slots, poisons, innocents, quarantineFrom: from }, seededRandom(seed + run)),
      )
    const middle = (of: keyof Poisoned, poisons: number, from = quarantineFrom) =>
      Math.round(median(ends(poisons, from).map((end) => end[of])))
    const all = [1, 2, 3, 4, 5].flatMap((poisons) => ends(poisons, quarantineFrom))
    const most = (of: keyof Poisoned) => Math.max(...all.map((end) => end[of]))
    return [
      ...[workers, slots, middle('seconds', 0), middle('seconds', 1), middle('seconds', 5)],
      ...[most('maxFailures'), most('innocentsDead'), middle('innocentsDead', 5, Number.POSITIVE_INFINITY)],
    ]
  })
  return [
    '| workers | slots each | all done after, without poisons | 1 poison | 5 poisons | most failures of an innocent | innocents dead | without quarantine, 5 poisons |',
    '|---|---|---|---|---|---|---|---|',
    ...rows.map(
      ([workers, slots, none, one, five, ...rest]) =>
        `| ${[workers, slots, ...[none, one, five].map((seconds) => `${seconds} s`), ...rest].join(' | ')} |`,
    ),
  ].join('\n')
}
