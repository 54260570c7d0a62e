import type { OperatorRequest } from '../../services/operator/request.ts'
import type { Aws } from './aws.ts'
import type { QueueControl } from './control.ts'
import type { Deployed } from './deployed-stack.ts'
import { invoke } from './invoke.ts'

export function deployedControl(aws: Aws, { operatorFunction }: Deployed): QueueControl {
  const ask = (request: OperatorRequest) =>
    invoke(aws, { called: 'operator', name: operatorFunction }, request)
  return {
    setPaused: (paused) => ask({ action: paused ? 'pause' : 'resume' }),
    cancel: ({ ids, undo }) => ask({ action: 'cancel', ids: [...ids], undo }),
  }
}
