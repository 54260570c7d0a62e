import { writeFileSync } from 'node:fs'
import type { FromThread, ToThread } from './protocol.ts'
import type { QuarantineSettings } from './quarantine-host.ts'
import { Threads } from './threads.ts'

/** The process in which tasks run that have failed several times: whatever they do to it, no other task feels it. */

const { slotsPerThread, ledger, ...settings } = JSON.parse(process.argv[2] ?? '') as QuarantineSettings
const say = (message: FromThread) => process.send?.(message)
const die = () => process.kill(process.pid, 'SIGKILL')

try {
  // where memory runs out, the kernel takes this process and not the worker
  writeFileSync('/proc/self/oom_score_adj', '1000')
} catch {
  // not on Linux
}
// what handlers print goes where the worker's log goes: if nobody reads that any more, the worker drains
for (const output of [process.stdout, process.stderr]) output.setMaxListeners(0).on('error', () => undefined)
const threads = new Threads(slotsPerThread, {
  ...settings,
  write: (line) => say({ line }),
  blocked: say,
  progress: ledger ? say : undefined,
  spans: (spans) => say({ spans }),
  // the worker sees it, and counts it
  unstoppable: die,
})
process.on('message', (message: ToThread) => {
  const { slot } = message
  if ('abort' in message) return threads.stop(slot, { reason: message.abort, timeLimit: false })
  void threads.run(message, () => undefined).then((reply) => say({ ...reply, slot }))
})
// the worker is gone
process.on('disconnect', die)
// whatever the worker's Node options preload here: the process lives as long as its worker
process.channel?.ref()
