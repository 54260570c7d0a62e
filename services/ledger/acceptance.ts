import type { AcceptanceLedger } from '../contract/ledger.ts'
import { statusOf } from '../contract/ledger-state.ts'
import type { Logger } from '../contract/log.ts'
import { itemOf, recordOf } from './record.ts'
import { Reservations } from './reservations.ts'
import type { LedgerTable } from './table.ts'

/** Longest that a request waits for its keys, in milliseconds. */
const reserveMs = 4_000

/** The producer's half of the ledger, in a DynamoDB table that keeps records for so many days. */
export function acceptanceLedger(table: LedgerTable, days: number, log: Logger): AcceptanceLedger {
  const reservations = new Reservations(table)
  const orLog = (what: string, doing: Promise<void>) =>
    doing.catch((error: unknown) => log.warn(what, { reason: String(error) }))
  return {
    // each may take several calls
    reserve: (wanted) =>
      inTime((signal) => Promise.all(wanted.map((each) => reservations.reserve(each, signal)))),
    confirm: (confirmed) => reservations.confirm(confirmed),
    release: (refused) => orLog('unique keys are not taken back', reservations.release(refused)),
    accept: (tasks) => table.write(tasks.map((task) => itemOf('accepted', task, days))),
    withdraw: (ids) =>
      orLog(
        'records of tasks that were not accepted are left',
        table.remove(ids.map((id) => ({ id, part: 'accepted' }))),
      ),
    read: async (id) => statusOf(id, recordOf(await table.read(id))),
  }
}

async function inTime<Result>(work: (late: AbortSignal) => Promise<Result>): Promise<Result> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const over = new AbortController()
  const timer = setTimeout(reject, reserveMs, new Error(`no answer within ${reserveMs} ms`))
  return Promise.race([work(over.signal), late]).finally(() => {
    clearTimeout(timer)
    over.abort()
  })
}
