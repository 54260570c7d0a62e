import { startLedger } from '../../local/ledger-process.ts'
import type { OperatorLedger, TaskStatus } from '../../services/contract/ledger.ts'
import type { Logger } from '../../services/contract/log.ts'
import { acceptanceLedger } from '../../services/ledger/acceptance.ts'
import { operatorLedger } from '../../services/ledger/operator.ts'
import { LedgerTable } from '../../services/ledger/table.ts'
import { type LedgerFront, startLedgerFront } from './ledger-front.ts'
import { until } from './until.ts'

/** A ledger of a test's own, and what stands before it; `await using` removes both. */
export interface TestLedger extends AsyncDisposable {
  readonly front: LedgerFront
  /** With which services reach it through the front. */
  readonly variables: Readonly<Record<string, string>>
  /** As the operator function has it, behind the front. */
  readonly operator: OperatorLedger
  /** What it says of a task, asked behind the front. */
  status(id: string): Promise<TaskStatus | undefined>
  /** Waits until it says so. */
  becomes(id: string, state: TaskStatus['state'], within?: number): Promise<TaskStatus>
}

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** @param deliveryLimit of the queue whose workers use it */
export async function createLedger(deliveryLimit = 2): Promise<TestLedger> {
  const ledger = await startLedger()
  const { LEDGER_TABLE: name, LEDGER_DAYS: days, LEDGER_ENDPOINT: endpoint = '' } = ledger.variables
  const front = await startLedgerFront(endpoint)
  const table = new LedgerTable({ name, endpoint, deadlineMs: 10_000 })
  const { read } = acceptanceLedger(table, Number(days), silent)
  return {
    front,
    variables: {
      ...{ LEDGER_TABLE: name, LEDGER_DAYS: String(days), LEDGER_ENDPOINT: front.endpoint },
      DELIVERY_LIMIT: String(deliveryLimit),
    },
    operator: operatorLedger(table, Number(days)),
    status: read,
    becomes: (id, state, within = 60) =>
      until(
        async () => {
          const status = await read(id)
          return status?.state === state ? status : undefined
        },
        { within, what: `${id} is ${state}` },
      ),
    async [Symbol.asyncDispose]() {
      table.close()
      await front[Symbol.asyncDispose]()
      await ledger.stop()
    },
  }
}
