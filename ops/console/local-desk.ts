import { readLocal } from '../../local/local-file.ts'
import type { Desk } from '../../local/page/desk.ts'
import { findLocal } from '../target/local.ts'
import { deskOf } from './desk.ts'

/** The desk of a queue of `npm run dev`, which has written by then where everything is. */
export async function openLocalDesk(queue: string): Promise<Desk> {
  const local = await readLocal()
  const others = local?.moreQueues.map((each) => each.queue) ?? []
  const all = await Promise.all([undefined, ...others].map(findLocal))
  const own = all.find((target) => target.queue === queue)
  if (own === undefined) throw new Error(`npm run dev has no queue ${queue} yet: wait until it has reloaded`)
  return deskOf(own, all)
}
