import { runNode } from './command.ts'
import type { Stage } from './stage.ts'

/** The operator's commands, as a user runs them against the deployed sandbox; each gives what it ended with. */

const tasks = 50

export async function send({ env, signal }: Stage): Promise<string> {
  const { out } = await runNode(['ops/send.ts', 'sandbox', '--count', String(tasks), '--json'], env, signal)
  const { accepted } = JSON.parse(out)
  if (accepted !== tasks) throw new Error(`send: ${accepted} of ${tasks} tasks were accepted: ${out}`)
  return `${accepted} of ${tasks} accepted`
}

/** @throws Error unless the producer tells of the tasks that were sent. */
export async function askStatus({ env, signal }: Stage): Promise<string> {
  const { out } = await runNode(['ops/status.ts', 'sandbox', '--json'], env, signal)
  const { producer, findings } = JSON.parse(out)
  if (producer?.ready !== tasks) throw new Error(`status: the producer must tell of ${tasks} tasks: ${out}`)
  const problems = findings.map(({ what }: { what: string }) => what)
  return `${producer.ready} ready; ${problems.length === 0 ? 'healthy' : problems.join('; ')}`
}

export async function redrive({ env, signal }: Stage): Promise<string> {
  const { status, out } = await runNode(['ops/redrive.ts', 'sandbox'], env, signal)
  if (status !== 0) throw new Error(`redrive ended with ${status}: ${out}`)
  return out.trim()
}
