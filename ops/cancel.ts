import { Argument } from '@commander-js/extra-typings'
import { cancelledSeconds, maxCancelled } from '../services/contract/cancelled.ts'
import { taskIdPattern } from '../services/contract/task.ts'
import type { CancelResult } from '../services/operator/request.ts'
import { environmentArgument, UsageError } from './command-line/arguments.ts'
import { command } from './command-line/command.ts'
import { runCommand } from './command-line/lifecycle.ts'
import { findTargets, targetNames } from './target/find.ts'

const days = cancelledSeconds / 86_400

const program = command(
  'npm run cancel',
  `Cancels tasks by their ids: one that runs is told to end, one that waits is dropped when a worker takes it. Either is
then out of its queue, whichever of the environment's that is, and its log line has the outcome cancelled. Nobody knows beforehand whether there is such a task:
ids are on a list for ${days} days, of at most ${maxCancelled}. --undo takes them off it.`,
  'npm run cancel -- production order-1042 order-1043',
)
  .addArgument(environmentArgument(targetNames))
  .addArgument(new Argument('<ids...>', 'the ids of the tasks'))
  .option('--undo', 'tasks with these ids are done again, also what is sent under them from now on')
  .option('--json', 'print the result as JSON')

await runCommand(program, async ({ args: [environment, ids], options: { undo = false, json } }) => {
  const wrong = ids.find((id) => !taskIdPattern.test(id))
  if (wrong !== undefined)
    throw new UsageError(`${JSON.stringify(wrong)} is no task id: 1 to 128 of A-Z a-z 0-9 . _ : -`)
  if (ids.length > maxCancelled) throw new UsageError(`at most ${maxCancelled} ids are cancelled at a time`)
  // whoever cancels a task knows its id, and need not know its queue
  const targets = await findTargets(environment, process.env)
  const results = await Promise.all(
    targets.map(async ({ queue, control }) => ({ queue, ...(await control.cancel({ ids, undo })) })),
  )
  console.log(json ? JSON.stringify({ environment, ids, undo, queues: results }) : report(results))
  return 0
})

function report(results: readonly (CancelResult & { readonly queue: string })[]): string {
  const lists = results.flatMap(({ queue, listed, gone }) => [
    `the list of ${queue} has ${listed} of at most ${maxCancelled} ids`,
    ...(gone > 0 ? [`${gone} had to leave it, the oldest first: tasks of those ids are done again`] : []),
  ])
  const { ids = [], undo = false } = results[0] ?? {}
  const what = ids.length === 1 ? `the id ${ids[0]}` : `${ids.length} ids`
  if (undo) return [`${what} can be done again`, ...lists].join('\n')
  return [
    `${what} cancelled for ${days} days`,
    ...lists,
    'a worker ends such a task, or drops it when it takes it; what is done by now stays done, and whether there is such a task, nobody knows',
  ].join('\n')
}
