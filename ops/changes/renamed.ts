import { outputs } from '../../infra/outputs.ts'
import type { Template } from '../assembly.ts'
import type { Templates } from './dangers.ts'

/** A work queue that a deploy would leave for another one: its tasks stay in it, and nobody would take them. */
export interface LeftQueue {
  readonly stack: string
  readonly queue: string
  /** What the deploy would make instead. */
  readonly successor: string
  readonly metricsNamespace: string
}

export function findLeftQueues(deployed: Templates, next: Templates): LeftQueue[] {
  return [...deployed].flatMap(([stack, from]) => {
    const to = next.get(stack)
    const queue = outputOf(from, outputs.queue)
    const successor = to && outputOf(to, outputs.queue)
    if (queue === undefined || successor === undefined || queue === successor) return []
    return [{ stack, queue, successor, metricsNamespace: outputOf(from, outputs.metricsNamespace) ?? '' }]
  })
}

function outputOf({ Outputs = {} }: Template, name: string): string | undefined {
  const value = Outputs[name]?.Value
  return typeof value === 'string' ? value : undefined
}
