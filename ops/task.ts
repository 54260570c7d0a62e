import { Argument } from '@commander-js/extra-typings'
import { taskIdPattern } from '../services/contract/task.ts'
import { environmentArgument, seconds, UsageError } from './command-line/arguments.ts'
import { command } from './command-line/command.ts'
import { runCommand } from './command-line/lifecycle.ts'
import { createProgress } from './command-line/progress.ts'
import { environmentNames, findTargets } from './target/find.ts'
import { mayRead } from './tasks/consent.ts'
import { withDeadLetter } from './tasks/dead-letter.ts'
import { footer, nothingFound } from './tasks/footer.ts'
import { storyOf } from './tasks/story.ts'
import { day, timesOf } from './tasks/times.ts'
import { storyLines } from './tasks/view.ts'

const program = command(
  'npm run task',
  `Tells all that the logs know of one task: each try with who made it, how long it waited and took, how it ended and
why, what its handler wrote, what it has sent, and its trace. In AWS that is a query of CloudWatch Logs Insights, which
costs 0.005 USD a GB or a little more: of more than 1 GB it says so first, and asks.`,
  'npm run task -- production 0198f0c2-7a51-7b5e-9c3d-2f6f0d1f9a11 --since 3d',
)
  .addArgument(environmentArgument(environmentNames))
  .addArgument(new Argument('<id>', 'the id of the task'))
  .option('--since <time>', 'how far back to search: 90s, 10m, 2h, 3d', seconds, day / 1_000)
  .option('--dead-letter', 'also look whether it is in a dead-letter queue now')
  .option('--yes', 'search more than 1 GB without asking')
  .option('--json', 'print the whole story as JSON')

await runCommand(program, async ({ args: [environment, id], options, signal }) => {
  const { since, deadLetter = false, yes = false, json = false } = options
  if (!taskIdPattern.test(id))
    throw new UsageError(`${JSON.stringify(id)} is no task id: 1 to 128 of A-Z a-z 0-9 . _ : -`)
  const targets = await findTargets(environment, process.env)
  const [target] = targets
  const times = timesOf({}, since * 1_000)
  const { allowed, said } = await mayRead(await target.taskRecords.cost(times), yes)
  if (!allowed) throw new UsageError(`${said}: add --yes, or search a shorter time with --since`)
  const progress = createProgress(process.stderr)
  progress.show(['searching the logs ...'])
  const told = await storyOf(target, id, { ...times, signal }).finally(() => progress.clear())
  const story = deadLetter ? await withDeadLetter(targets, told, signal) : told
  const known = story.tries.length + story.lines.length > 0 || Boolean(story.deadLetter)
  if (json) console.log(JSON.stringify({ environment, ...story }))
  else if (!known) console.log(nothingFound(target, story, since).join('\n'))
  else {
    const columns = process.stdout.columns ?? Number.POSITIVE_INFINITY
    console.log([...storyLines(story, columns), '', ...footer(target, story)].join('\n'))
  }
  return known ? 0 : 1
})
