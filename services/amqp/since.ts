import * as z from 'zod'
import { sinceArgument } from '../contract/control.ts'
import { type Management, ManagementError, manage, path } from './management.ts'

const since = z.object({ arguments: z.object({ [sinceArgument]: z.number() }) })

/** How long ago an operator made this exchange, at least 1; undefined when there is none. */
export async function secondsSince(
  broker: Management,
  vhost: string,
  exchange: string,
): Promise<number | undefined> {
  try {
    const found = since.safeParse(await manage(broker, 'GET', path('exchanges', vhost, exchange)))
    // somebody made it by hand
    if (!found.success) return 1
    return Math.max(1, Math.round((Date.now() - found.data.arguments[sinceArgument]) / 1_000))
  } catch (error) {
    if (error instanceof ManagementError && error.status === 404) return undefined
    throw error
  }
}
