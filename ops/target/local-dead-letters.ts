import type { LocalEnvironment } from '../../local/local-file.ts'
import { followTaskLog } from '../../local/task-log.ts'
import { closeInTime, openConnection } from '../../services/operator/connection.ts'
import { list, redrive } from '../../services/operator/redrive.ts'
import { type OperatorRequest, operatorRequest } from '../../services/operator/request.ts'
import { type DeadLetters, reasons } from './dead-letters.ts'

/** The operator function's code, run here as its broker user. */
export function localDeadLetters({ brokerUrl, vhost, queue, operator }: LocalEnvironment): DeadLetters {
  const connected = async <Answer>(
    work: (connection: Awaited<ReturnType<typeof openConnection>>) => Promise<Answer>,
  ) => {
    const connection = await openConnection(brokerUrl, vhost, operator).catch((cause: Error) => {
      throw new Error(`the broker at ${brokerUrl} cannot be reached: ${cause.message || cause.name}`, {
        cause,
      })
    })
    try {
      return await work(connection)
    } finally {
      await closeInTime(connection)
    }
  }
  return {
    list: (request) => connected((connection) => list(connection, queue, parsed('list', request))),
    redrive: (request) => connected((connection) => redrive(connection, queue, parsed('redrive', request))),
    lastErrors: async (letters) => reasons(letters, followTaskLog(Number.POSITIVE_INFINITY)()),
  }
}

function parsed<Action extends 'list' | 'redrive'>(_action: Action, request: OperatorRequest) {
  return operatorRequest.parse(request) as Extract<
    ReturnType<typeof operatorRequest.parse>,
    { action: Action }
  >
}
