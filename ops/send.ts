import { UsageError } from './command-line/arguments.ts'
import { runCommand } from './command-line/lifecycle.ts'
import { createProgress, type Progress } from './command-line/progress.ts'
import { readOrder, sendCommand } from './send/arguments.ts'
import { describeSending, result, summary, unfinished } from './send/report.ts'
import { type Order, type Sent, sendTasks } from './send/send-tasks.ts'
import { awaitSplit, describeSplit, type Split } from './send/split.ts'
import { findTargetOf } from './target/find.ts'
import type { Target } from './target/target.ts'

/** CloudWatch Logs shows a line some seconds after it was written, and no more often than it is asked. */
const pollMs = { local: 300, deployed: 5_000 }
const stallSeconds = 300

await runCommand(sendCommand(), async ({ args: [environment], options, signal }) => {
  const order = readOrder(options, Date.now())
  const target = await findTargetOf(environment, order.type, process.env)
  if (options.wait && target.sampled) throw new UsageError(`--wait counts log lines, and ${target.sampled}`)
  const progress = createProgress(process.stderr)
  const say = (line: string) => (options.json ? progress.say(line) : console.log(line))
  say(
    `sending ${order.count} ${order.type} to ${target.name} (${target.endpoint}) as ${order.run}-0 and so on`,
  )
  const begun = Date.now()
  const stopping = () => progress.say('stopping as soon as the current request is answered ...')
  signal.addEventListener('abort', stopping)
  const sent = await sendTasks(target, order, signal, (now) => progress.show([describeSending(now, order)]))
  signal.removeEventListener('abort', stopping)
  const seconds = (Date.now() - begun) / 1_000
  progress.clear()
  for (const line of summary(sent, order, seconds)) say(line)
  const split =
    options.wait && sent.accepted > 0 ? await wait(target, sent, order, begun, signal, progress) : undefined
  if (split && !options.json) console.log(`split: ${describeSplit(split)}`)
  if (options.json) console.log(JSON.stringify(result(target.name, order, sent, seconds, split)))
  if (sent.failure) throw new Error(sent.failure)
  if (split && split.done < sent.accepted && !signal.aborted)
    throw new Error(unfinished(target.name, split, sent))
  return sent.accepted === order.count ? 0 : 1
})

async function wait(
  target: Target,
  { accepted }: Sent,
  { run, delaySeconds = 0 }: Order,
  since: number,
  signal: AbortSignal,
  progress: Progress,
): Promise<Split> {
  const split = await awaitSplit(
    target.followTasks({ since, idPrefix: `${run}-` }),
    {
      tasks: accepted,
      classes: target.classes,
      pollMs: target.environment === 'local' ? pollMs.local : pollMs.deployed,
      stallSeconds: stallSeconds + delaySeconds,
    },
    signal,
    (now) => progress.show([`${now.done} of ${accepted} done: ${describeSplit(now)}`]),
  )
  progress.clear()
  return split
}
