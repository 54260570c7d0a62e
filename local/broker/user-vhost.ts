import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type Management, manage } from '../../services/amqp/management.ts'

/** A broker user that goes with this vhost. */
export const userIn = (vhost: string, name: string) => `${vhost}.${name}`

const remover = fileURLToPath(new URL('vhost-remover.ts', import.meta.url))

/**
 * Makes a vhost, with the administrator's permissions in it and quorum queues by default as on private nodes. Gives the
 * function that removes it, with the users of {@link userIn}; a process of its own does that, so that it is also done when this one is killed.
 */
export async function ownVhost(management: Management, vhost: string): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, [remover], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  const exited = once(child, 'exit')
  // the remover knows before there is something to remove
  child.stdin.write(`${JSON.stringify({ management, vhost })}\n`)
  child.stdin.on('error', () => undefined)
  child.unref()
  ;(child.stdin as Socket).unref()
  await manage(management, 'PUT', `vhosts/${vhost}`, { default_queue_type: 'quorum' })
  const everything = { configure: '.*', write: '.*', read: '.*' }
  await manage(
    management,
    'PUT',
    `permissions/${vhost}/${encodeURIComponent(management.username)}`,
    everything,
  )
  return async () => {
    child.ref()
    child.stdin.end()
    const [status] = child.exitCode === null ? await exited : [child.exitCode]
    if (status !== 0)
      throw new Error(`the vhost ${vhost} could not be removed: rabbitmqctl delete_vhost ${vhost}`)
  }
}
