import { confirmed } from '../command-line/confirmed.ts'
import { price, size } from '../figures.ts'
import type { ReadingCost } from '../target/task-records.ts'

/** Below this, a search costs half a cent at most. */
const unaskedBytes = 2 ** 30

/** Whether somebody has to agree before so much is read. */
export const isLarge = ({ bytes }: Pick<ReadingCost, 'bytes'>): boolean => bytes > unaskedBytes

/**
 * Whether a search may be paid for: says what a large one costs, and asks where there is a terminal.
 * @param agreed the caller has agreed beforehand
 */
export async function mayRead(
  cost: ReadingCost | undefined,
  agreed: boolean,
): Promise<{ readonly allowed: boolean; readonly said: string }> {
  if (cost === undefined || !isLarge(cost)) return { allowed: true, said: '' }
  const said = `this searches about ${size(cost.bytes)} of logs, for ${price(cost.usd)}`
  if (agreed) {
    console.error(said)
    return { allowed: true, said }
  }
  const allowed = process.stdin.isTTY === true && (await confirmed(`${said}: go on?`))
  return { allowed, said }
}
