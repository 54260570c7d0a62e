import { mkdirSync, writeFileSync } from 'node:fs'
import { warrenFolder } from '../../local/local-file.ts'
import { environmentArgument } from '../../ops/command-line/arguments.ts'
import { command } from '../../ops/command-line/command.ts'
import { runCommand } from '../../ops/command-line/lifecycle.ts'
import { commandsLog } from './command.ts'
import { differences, writeCoverage } from './coverage.ts'
import { emulate } from './emulate.ts'
import { emulatorName } from './emulator.ts'
import { notCovered } from './not-covered.ts'

const program = command(
  'npm run emulate -w lab',
  `Bootstraps, deploys, uses, updates and destroys an environment with CDK under an emulator of AWS (${emulatorName} from
PyPI, in .warren) on this machine, with a real RabbitMQ in the place of Amazon MQ's. The update turns the ledger on: its
table and the API's routes are asked. Nothing leaves this machine.
Compares what the emulator could create with lab/emulator/coverage.json. Needs python3 with venv.`,
  'npm run emulate -w lab -- sandbox',
)
  .addArgument(environmentArgument(['sandbox']))
  .option('--update', 'write coverage.json instead of comparing with it')

await runCommand(program, async ({ options, signal, stack }) => {
  const started = performance.now()
  mkdirSync(warrenFolder, { recursive: true })
  writeFileSync(commandsLog, '')
  const coverage = await emulate({ say: (line) => console.log(line), signal, stack })
  if (options.update) writeCoverage(coverage)
  const differing = differences(coverage)
  for (const line of notCovered(coverage)) console.log(line)
  for (const line of differing) console.error(`differs from lab/emulator/coverage.json: ${line}`)
  if (differing.length > 0)
    console.error('If that is right, npm run emulate -w lab -- sandbox --update writes the table; commit it.')
  console.log(`done in ${Math.round((performance.now() - started) / 1_000)} s; what CDK said: ${commandsLog}`)
  return differing.length > 0 ? 1 : 0
})
