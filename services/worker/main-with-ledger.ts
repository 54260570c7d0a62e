import { ledgerEnvironment, ledgerWorkerEnvironment } from '../contract/ledger-environment.ts'
import { joinLedger } from '../ledger/joins.ts'
import { LedgerTable } from '../ledger/table.ts'
import { tryLedger } from '../ledger/tries.ts'
import { tasksEnvironment } from '../tasks/environment.ts'
import { LedgerLink } from './ledger-link.ts'
import { LedgerRecords } from './ledger-records.ts'
import { readEnvironment } from './read-environment.ts'
import { runWorker } from './run.ts'

/** Longest that one call of the ledger may take, in milliseconds; then it is asked again. */
const deadlineMs = 5_000

const environment = readEnvironment(
  ledgerWorkerEnvironment.extend(ledgerEnvironment.shape).extend(tasksEnvironment.shape),
  process.env,
)
const { LEDGER_TABLE: name, LEDGER_DAYS: days, LEDGER_ENDPOINT: endpoint } = environment

/** The worker process of an environment with a ledger. */
await runWorker(environment, (parts) => {
  const table = new LedgerTable({ name, deadlineMs, endpoint })
  const ledger = { tries: tryLedger(table, days), joins: joinLedger(table, days) }
  const link = new LedgerLink(parts.log)
  const records = new LedgerRecords({ ...parts, ledger, link, deliveryLimit: environment.DELIVERY_LIMIT })
  return { records, awaySince: () => link.awaySince, settled: () => link.settled() }
})
