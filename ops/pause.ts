import { environmentArgument } from './command-line/arguments.ts'
import { command } from './command-line/command.ts'
import { runCommand } from './command-line/lifecycle.ts'
import { changePause } from './pause/change.ts'
import { targetNames } from './target/find.ts'

const program = command(
  'npm run pause',
  `Pauses the queue of an environment: the workers finish what they run and take nothing new, and workers that start
meanwhile wait too. Tasks can still be sent. It holds until npm run resume, through restarts and deploys.`,
  'npm run pause -- production',
)
  .addArgument(environmentArgument(targetNames))
  .option('--json', 'print the result as JSON')

await runCommand(program, ({ args: [environment], options }) =>
  changePause(environment, true, options.json ?? false),
)
