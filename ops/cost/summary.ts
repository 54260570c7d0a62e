import type { Assembly } from '../assembly.ts'
import { billOf } from './bill.ts'
import { idle } from './load.ts'

/** One line: what an environment costs while nothing is to be done. */
export function summary({ stacks }: Assembly): string {
  return `about $${Math.round(billOf(stacks, idle).total.idle)} a month idle`
}
