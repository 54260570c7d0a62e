import { commandLine, UsageError } from './command-line/arguments.ts'
import { runCommand } from './command-line/lifecycle.ts'
import { makeProgress, type Progress } from './command-line/progress.ts'
import { readOrder } from './send/arguments.ts'
import { describeSending, result, summary, unfinished } from './send/report.ts'
import { type Order, type Sent, sendTasks } from './send/send-tasks.ts'
import { awaitSplit, describeSplit, type Split } from './send/split.ts'
import { findTarget, type Target, targetNames } from './target/target.ts'

const help = `npm run send -- <environment> [options]

Sends tasks through the producer's HTTP endpoint and says how long their confirms took.
  --count <n>       default 50
  --type <type>     default digest, a fixed amount of CPU work: 1 s on a whole vCPU, 4 s on a quarter of one
  --payload <json>  default: what suits the type
  --rate <n>        tasks a second; default: as fast as they are confirmed
  --wait            until all are done, and say which worker class did how many
  --json
environments: ${targetNames.join(', ')}
example: npm run send -- sandbox --count 50 --type digest --wait`

const options = {
  count: { type: 'string', default: '50' },
  type: { type: 'string', default: 'digest' },
  payload: { type: 'string' },
  rate: { type: 'string' },
  wait: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const

/** CloudWatch Logs shows a line some seconds after it was written, and no more often than it is asked. */
const pollMs = { local: 300, deployed: 5_000 }
const stallSeconds = 300

await runCommand(async ({ signal }) => {
  const { values, positionals } = commandLine(process.argv.slice(2), options, { positionals: true })
  if (values.help) {
    console.log(help)
    return 0
  }
  const order = readOrder(values, Date.now())
  const target = await findTarget(positionals, process.env)
  if (values.wait && target.sampled) throw new UsageError(`--wait counts log lines, and ${target.sampled}`)
  const progress = makeProgress(process.stderr)
  const say = (line: string) => (values.json ? progress.say(line) : console.log(line))
  say(
    `sending ${order.count} ${order.type} to ${target.name} (${target.endpoint}) as ${order.run}-0 and so on`,
  )
  const begun = Date.now()
  const stopping = () => progress.say('stopping, when the request that is under way has been answered ...')
  signal.addEventListener('abort', stopping)
  const sent = await sendTasks(target, order, signal, (now) => progress.show([describeSending(now, order)]))
  signal.removeEventListener('abort', stopping)
  const seconds = (Date.now() - begun) / 1_000
  progress.clear()
  for (const line of summary(sent, order, seconds)) say(line)
  const split =
    values.wait && sent.accepted > 0 ? await wait(target, sent, order, begun, signal, progress) : undefined
  if (split && !values.json) console.log(`split: ${describeSplit(split)}`)
  if (values.json) console.log(JSON.stringify(result(target.name, order, sent, seconds, split)))
  if (sent.failure) throw new Error(sent.failure)
  if (split && split.done < sent.accepted && !signal.aborted)
    throw new Error(unfinished(target.name, split, sent))
  return sent.accepted === order.count ? 0 : 1
})

async function wait(
  target: Target,
  { accepted }: Sent,
  { run }: Order,
  since: number,
  signal: AbortSignal,
  progress: Progress,
): Promise<Split> {
  const split = await awaitSplit(
    target.followTasks({ since, idPrefix: `${run}-` }),
    {
      tasks: accepted,
      classes: target.classes,
      pollMs: target.name === 'local' ? pollMs.local : pollMs.deployed,
      stallSeconds,
    },
    signal,
    (now) => progress.show([`${now.done} of ${accepted} done: ${describeSplit(now)}`]),
  )
  progress.clear()
  return split
}
