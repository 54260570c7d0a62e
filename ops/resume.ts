import { environmentArgument } from './command-line/arguments.ts'
import { command } from './command-line/command.ts'
import { runCommand } from './command-line/lifecycle.ts'
import { changePause } from './pause/change.ts'
import { targetNames } from './target/find.ts'

const program = command(
  'npm run resume',
  'Lets the workers of an environment take tasks again, after npm run pause.',
  'npm run resume -- production',
)
  .addArgument(environmentArgument(targetNames))
  .option('--json', 'print the result as JSON')

await runCommand(program, ({ args: [environment], options }) =>
  changePause(environment, false, options.json ?? false),
)
