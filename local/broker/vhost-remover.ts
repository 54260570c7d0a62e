// A program of its own: reads what to remove from its standard input, and removes it when that closes, which the kernel
// does for a process that dies in whatever way.
import { text } from 'node:stream/consumers'
import { type Management, ManagementError, manage } from '../../services/amqp/management.ts'
import { userIn } from './user-vhost.ts'

const tries = 5
const { management, vhost }: { management: Management; vhost: string } = JSON.parse(await text(process.stdin))

await remove(`vhosts/${vhost}`)
// of a run that was killed: else it has removed them itself
const users = (await manage(management, 'GET', 'users')) as { name: string }[]
for (const { name } of users)
  if (name.startsWith(userIn(vhost, ''))) await remove(`users/${encodeURIComponent(name)}`)

async function remove(path: string): Promise<void> {
  for (let count = 1; ; count += 1) {
    try {
      await manage(management, 'DELETE', path)
      return
    } catch (error) {
      if (error instanceof ManagementError && error.status === 404) return
      if (count === tries) throw error
    }
  }
}
