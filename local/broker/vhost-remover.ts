// A program of its own: reads what to remove from its standard input, and removes it when that closes, which the kernel
// does for a process that dies in whatever way.
import { text } from 'node:stream/consumers'
import { type ManagementAccess, ManagementError, manage } from './management.ts'

const tries = 5
const { management, vhost }: { management: ManagementAccess; vhost: string } = JSON.parse(
  await text(process.stdin),
)

for (let count = 1; ; count += 1) {
  try {
    await manage(management, 'DELETE', `vhosts/${vhost}`)
    break
  } catch (error) {
    if (error instanceof ManagementError && error.status === 404) break
    if (count === tries) throw error
  }
}
