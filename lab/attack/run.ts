import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { command } from '../../ops/command-line/command.ts'
import { runCommand } from '../../ops/command-line/lifecycle.ts'
import { assault } from './assault.ts'
import { tryRoles } from './aws.ts'
import { awsPart, brokerPart } from './page.ts'

const program = command(
  'npm run attack -w lab',
  `Lets a thief of each broker password try everything against a real broker, and one in each role against what the
role's policies allow. Takes a minute, and writes what came of it to docs/attack.md.`,
  'npm run attack -w lab',
)

await runCommand(program, async () => {
  const { broker, management } = await assault(console.error)
  console.error('a stolen role, in each environment')
  const page = brokerPart(broker, management) + awsPart(tryRoles('test-cluster'))
  await writeFile(resolve(import.meta.dirname, '../../docs/attack.md'), page)
  console.log('docs/attack.md')
  return 0
})
