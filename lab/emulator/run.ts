import { mkdirSync, writeFileSync } from 'node:fs'
import { warrenFolder } from '../../local/local-file.ts'
import { commandLine, oneOf, UsageError } from '../../ops/command-line/arguments.ts'
import { runCommand } from '../../ops/command-line/lifecycle.ts'
import { commandsLog } from './command.ts'
import { differences, writeCoverage } from './coverage.ts'
import { emulate } from './emulate.ts'
import { emulatorName } from './emulator.ts'
import { notCovered } from './not-covered.ts'

const environments = ['sandbox'] as const
const help = `npm run emulate -w lab -- <environment> [options]

Bootstraps, deploys, uses, updates and destroys an environment with CDK under an emulator of AWS (${emulatorName} from
PyPI, in .warren) on this machine, with a real RabbitMQ in the place of Amazon MQ's. Nothing leaves this machine.
Compares what the emulator could create with lab/emulator/coverage.json. Environments: ${environments.join(', ')}.
Needs python3 with venv.

  --update   writes coverage.json instead of comparing with it

Example: npm run emulate -w lab -- sandbox`

await runCommand(async ({ signal, stack }) => {
  const { values, positionals } = commandLine(
    process.argv.slice(2),
    { update: { type: 'boolean' } },
    { positionals: true },
  )
  if (values.help) {
    console.log(help)
    return 0
  }
  const [name, ...more] = positionals
  if (name === undefined || more.length > 0)
    throw new UsageError('name one environment: npm run emulate -w lab -- sandbox')
  oneOf('environment', name, environments)
  const started = performance.now()
  mkdirSync(warrenFolder, { recursive: true })
  writeFileSync(commandsLog, '')
  const coverage = await emulate({ say: (line) => console.log(line), signal, stack })
  if (values.update) writeCoverage(coverage)
  const differing = differences(coverage)
  for (const line of notCovered(coverage)) console.log(line)
  for (const line of differing) console.error(`differs from lab/emulator/coverage.json: ${line}`)
  if (differing.length > 0)
    console.error('If that is right, npm run emulate -w lab -- sandbox --update writes the table; commit it.')
  console.log(`done in ${Math.round((performance.now() - started) / 1_000)} s; what CDK said: ${commandsLog}`)
  return differing.length > 0 ? 1 : 0
})
