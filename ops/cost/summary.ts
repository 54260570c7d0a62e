import type { Assembly } from '../assembly.ts'
import { billOf } from './bill.ts'
import { idle } from './load.ts'

/** One line: what an environment costs while nothing is to be done, and with everything at its maximum. */
export function costSummary({ stacks }: Assembly): string {
  const { total } = billOf(stacks, idle)
  const rounded = (usd: number) => `$${Math.round(usd).toLocaleString('en')}`
  return `about ${rounded(total.idle)} a month idle, ${rounded(total.maximum)} with everything at its maximum`
}
