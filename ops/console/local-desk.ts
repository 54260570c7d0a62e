import { readLocal } from '../../local/local-file.ts'
import type { Desk } from '../../local/page/desk.ts'
import { findLocal } from '../target/local.ts'
import { deskOf } from './desk.ts'

/** The desk of a queue of `npm run dev`, which has written by then where everything is. */
export async function openLocalDesk(queue: string): Promise<Desk> {
  const local = await readLocal()
  return deskOf(await findLocal(queue === local?.queue ? undefined : queue))
}
