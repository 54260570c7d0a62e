import { environmentArgument, listOf, seconds, UsageError, wholeNumber } from './command-line/arguments.ts'
import { command } from './command-line/command.ts'
import { runCommand } from './command-line/lifecycle.ts'
import type { Call } from './redrive/call.ts'
import { moveThem } from './redrive/move-them.ts'
import { selectByError } from './redrive/select.ts'
import { showGroups } from './redrive/show-groups.ts'
import { showLetters } from './redrive/show-letters.ts'
import { findTarget, targetNames } from './target/find.ts'

const program = command(
  'npm run redrive',
  `Shows the dead letters by type and last error: how many, the first and the last of each. With --yes it moves them
back to the work queue: each is published, confirmed and only then removed. After Ctrl-C or a failure, the same command
continues where it ended.`,
  "npm run redrive -- production --type digest --error 'HttpError: 503' --yes",
)
  .addArgument(environmentArgument(targetNames))
  .option('--type <type>', 'only tasks of this type')
  .option('--error <text>', 'only those whose last error contains this, as it is shown')
  .option(
    '--reason <reason>',
    'only those that died for this: delivery_limit (failed too often), rejected (given up by a worker), ...',
  )
  .option('--older-than <time>', 'only those that died at least so long ago: 90s, 10m, 2h, 3d', seconds)
  .option(
    '--ids <ids>',
    'only these, with commas',
    listOf((id) => id),
  )
  .option('--first <n>', 'at most so many', wholeNumber(1, 10_000_000))
  .option('--list', 'show single ones, the oldest first')
  .option('--yes', 'move them')
  .option('--scan', 'read why they died also where that searches more than 1 GB of logs, without asking')
  .option('--json', 'print the result as JSON')

await runCommand(program, async ({ args: [environment], options, signal }) => {
  const { type, error, reason, olderThan, ids, first, list, yes, scan = false, json = false } = options
  if (ids && error !== undefined) throw new UsageError('--ids and --error cannot be given together')
  const call: Call = {
    target: await findTarget(environment, process.env),
    filter: {
      ...(type === undefined ? {} : { type }),
      ...(reason === undefined ? {} : { reason }),
      ...(olderThan === undefined ? {} : { olderThanSeconds: olderThan }),
      ...(ids === undefined ? {} : { ids }),
    },
    first,
    error,
    // who moves what died of an error wants it read
    agreed: scan || (yes === true && error !== undefined),
    json,
    signal,
  }
  if (!yes && !list) return await showGroups(call)
  const selected = error === undefined ? call : await selectByError(call)
  return await (yes ? moveThem(selected) : showLetters(selected))
})
