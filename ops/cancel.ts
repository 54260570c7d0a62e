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
then out of the queue, and its log line has the outcome cancelled. Nobody knows beforehand whether there is such a task:
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
  // a task may wait in any queue of an environment, whatever its type's queue is today
  const targets = await findTargets(environment, process.env)
  const results = await Promise.all(
    targets.map(async ({ queue, control }) => ({ queue, ...(await control.cancel({ ids, undo })) })),
  )
  if (json) console.log(JSON.stringify({ environment, ...asJson(results) }))
  else console.log(report(ids, undo, results))
  return 0
})

type Result = CancelResult & { readonly queue: string }

/** Of several queues a list. */
function asJson(results: readonly Result[]): object {
  const [{ queue: _, ...one }] = results as [Result]
  return results.length === 1 ? one : { queues: results }
}

function report(ids: readonly string[], undo: boolean, results: readonly Result[]): string {
  const what = ids.length === 1 ? `the id ${ids[0]}` : `${ids.length} ids`
  const place = results
    .map(({ queue, listed }) => `the list of ${queue} has ${listed} of at most ${maxCancelled} ids`)
    .join(', ')
  if (undo) return `${what} can be done again; ${place}`
  return [
    `${what} cancelled for ${days} days; ${place}`,
    ...results.flatMap(({ queue, gone }) =>
      gone > 0
        ? [`${gone} had to leave the list of ${queue}, the oldest first: tasks of those ids are done again`]
        : [],
    ),
    'a worker ends such a task, or drops it when it takes it; what is done by now stays done, and whether there is such a task, nobody knows',
  ].join('\n')
}
