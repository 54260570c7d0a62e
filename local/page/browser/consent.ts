import type { LogReading, ReadingAhead, SearchedTimes } from '../desk-words.ts'
import { lookUp } from './asked.ts'
import type { Confirm } from './dialog.tsx'
import { sizeText } from './figures.ts'

/** Whether the logs of these times may be read: asks where that costs much. */
export async function mayReadLogs({ from, to }: SearchedTimes, confirm: Confirm): Promise<boolean> {
  const cost = await lookUp<ReadingAhead>({ wish: 'cost', from, to })
  return !cost.large || (await agreed(cost, confirm))
}

/** Whether somebody agrees to what reading costs. */
export function agreed({ bytes, usd }: LogReading, confirm: Confirm): Promise<boolean> {
  const text = `This searches about ${sizeText(bytes)} of logs, which costs about $${usd.toFixed(2)}. A shorter time costs less.`
  return confirm({ title: 'Read so much?', text, verb: 'Read' })
}
