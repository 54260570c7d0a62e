import type { LocalEnvironment } from '../../local/local-file.ts'
import { fixedCredentials } from '../../services/amqp/credentials.ts'
import { cancel } from '../../services/operator/cancel.ts'
import { withConnection } from '../../services/operator/connection.ts'
import { setPaused } from '../../services/operator/pause.ts'
import type { QueueControl } from './control.ts'

/** The operator function's code, run here as its broker user. */
export function localControl({ brokerUrl, vhost, queue, operator }: LocalEnvironment): QueueControl {
  const access = { url: brokerUrl, vhost, credentials: fixedCredentials(operator) }
  return {
    setPaused: (paused) => withConnection(access, (connection) => setPaused(connection, queue, paused)),
    cancel: (request) => withConnection(access, (connection) => cancel(connection, queue, request)),
  }
}
