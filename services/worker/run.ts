import type { Logger } from '../contract/log.ts'
import { publishes } from '../contract/publishing.ts'
import { taskTypes } from '../tasks/registry.ts'
import { assemble, type OpenRecords, type WorkerVariables } from './assemble.ts'
import { serveHealth } from './health.ts'
import { orEnd } from './read-environment.ts'
import { timedOut } from './timed-out.ts'
import type { Worker } from './worker.ts'

/** How long the end waits for what is on its way to the ledger, in milliseconds. */
const settleMs = 2_000

/**
 * Runs the worker as this process: its outputs, its signals and exit code. Never returns.
 * @param openRecords makes its way to a ledger, where there is one
 */
export async function runWorker(environment: WorkerVariables, openRecords?: OpenRecords): Promise<never> {
  // each thread adds a listener, and Node warns of the eleventh
  for (const output of [process.stdout, process.stderr]) output.setMaxListeners(0)
  const parts = orEnd(() => assemble(environment, openRecords))
  const { place, log, worker, sender, threads, quarantine, metrics, heapMb, ledger } = parts
  // before it says a word: whoever has heard of it may ask it to stop
  drainWhenAsked(worker)
  log.info('starting', {
    ...place,
    slots: environment.WORKER_SLOTS,
    slotsPerThread: environment.WORKER_SLOTS_PER_THREAD,
    queue: environment.QUEUE_NAME,
    broker: environment.BROKER_URL,
    threadHeapMb: heapMb,
    node: process.version,
    ...(ledger ? { ledger: true } : {}),
  })
  if (!parts.timeLimits) log.warn('a debugger may attach: no try ends for taking long')
  warnOfUnsafeModes(environment, log)
  if (environment.HEALTH_PORT > 0)
    serveHealth(environment.HEALTH_PORT, () => ({ ...worker.state(), ledgerAwaySince: ledger?.awaySince() }))
  if (taskTypes.some(publishes)) void sender.open()
  const exitCode = await worker.run()
  await sender.close()
  // what was handed back is recorded too, and nobody has waited for it
  if (ledger) await timedOut(ledger.settled(), settleMs)
  quarantine.close()
  await threads.close()
  await parts.tracing?.close()
  metrics?.flush()
  log.info('stopped', { exitCode })
  process.exit(exitCode)
}

function drainWhenAsked(worker: Worker): void {
  // whoever read the log is gone: without a listener that would end the process at once, and all that runs in it
  for (const output of [process.stdout, process.stderr])
    output.on('error', (error) => worker.drain(`nobody reads the log: ${error.message}`))
  let asked = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    // one listener for the first and the second: a signal that met none in between would end the process at once
    process.on(signal, () => {
      if (asked) worker.handBack()
      else worker.drain(signal)
      asked = true
    })
  }
}

function warnOfUnsafeModes({ WORKER_ACK, WORKER_PREFETCH }: WorkerVariables, log: Logger): void {
  if (WORKER_ACK === 'auto') log.warn('WORKER_ACK=auto: a worker that dies loses what it holds')
  if (WORKER_PREFETCH === 0)
    log.warn('WORKER_PREFETCH=0: a worker takes more than it can do, and others stand idle')
}
