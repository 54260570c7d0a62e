import type { ChannelModel } from 'amqplib'
import type { LocalEnvironment } from '../../local/local-file.ts'
import { followTaskLog } from '../../local/task-log.ts'
import { fixedCredentials } from '../../services/amqp/credentials.ts'
import { withConnection } from '../../services/operator/connection.ts'
import { letters, list, redrive } from '../../services/operator/redrive.ts'
import { type OperatorRequest, operatorRequest } from '../../services/operator/request.ts'
import { type DeadLetters, reasons } from './dead-letters.ts'

/** The operator function's code, run here as its broker user. */
export function localDeadLetters({ brokerUrl, vhost, queue, operator }: LocalEnvironment): DeadLetters {
  const access = { url: brokerUrl, vhost, credentials: fixedCredentials(operator) }
  const connected = <Result>(work: (connection: ChannelModel) => Promise<Result>) =>
    withConnection(access, work)
  return {
    list: (request) => connected((connection) => list(connection, queue, parsed('list', request))),
    letters: (request) => connected((connection) => letters(connection, queue, parsed('letters', request))),
    redrive: (request) => connected((connection) => redrive(connection, queue, parsed('redrive', request))),
    lastErrors: async (letters) => reasons(letters, followTaskLog(queue, Number.POSITIVE_INFINITY)()),
  }
}

function parsed<Action extends 'list' | 'letters' | 'redrive'>(_action: Action, request: OperatorRequest) {
  return operatorRequest.parse(request) as Extract<
    ReturnType<typeof operatorRequest.parse>,
    { action: Action }
  >
}
