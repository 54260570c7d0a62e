import type { Random } from '../random.ts'
import { accessFaults } from './access-faults.ts'
import { brokerFaults } from './broker-faults.ts'
import { clusterFaults } from './cluster-faults.ts'
import { diskFaults } from './disk-faults.ts'
import { drainFaults } from './drain-faults.ts'
import type { Fault } from './fault.ts'
import { handlerFaults, processHandlerFaults } from './handler-faults.ts'
import { keptFaults } from './kept-faults.ts'
import { networkFaults } from './network-faults.ts'
import { nodeFaults } from './node-faults.ts'
import { nodesOperatorFaults } from './nodes-operator-faults.ts'
import { operatorFaults } from './operator-faults.ts'
import { partitionFaults } from './partition-faults.ts'
import { processFaults } from './process-faults.ts'
import { producerFaults } from './producer-faults.ts'
import type { System } from './system.ts'
import { workerFaults } from './worker-faults.ts'

/** Every fault that there is. */
export const faults: readonly Fault[] = [
  ...workerFaults,
  ...drainFaults,
  ...processFaults,
  ...handlerFaults,
  ...processHandlerFaults,
  ...brokerFaults,
  ...accessFaults,
  ...networkFaults,
  ...producerFaults,
  ...operatorFaults,
  ...clusterFaults,
  ...nodeFaults,
  ...diskFaults,
  ...partitionFaults,
  ...nodesOperatorFaults,
  ...keptFaults,
]

/** Whether FAULTS_ONLY=worker-killed,... names it, as npm run sabotage -w lab has it; without that, all are asked for. */
export function asked({ kind }: Fault): boolean {
  return process.env['FAULTS_ONLY']?.split(',').includes(kind) ?? true
}

/** Makes a fault happen, and enters it in the ledger. */
export async function inject(fault: Fault, system: System, random: Random): Promise<void> {
  const from = Date.now()
  let over: number | undefined
  const setOver = () => {
    over ??= Date.now()
  }
  try {
    const touched = await fault.inject(system, random, setOver)
    const to = Date.now()
    const ofBroker = fault.claims === 'broker' || fault.needs === 'cluster'
    system.ledger.episode({ kind: fault.kind, from, over: over ?? to, to, touched, ofBroker })
  } catch (error) {
    throw new Error(`${fault.kind}: ${error instanceof Error ? error.message : error}`, { cause: error })
  }
}
