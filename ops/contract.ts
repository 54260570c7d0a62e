import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { documented } from '../infra/bundle/documented.ts'
import { environments } from '../infra/environments.ts'
import { readLocal } from '../local/local-file.ts'
import { defaultQueue } from '../local/work-queue.ts'
import { asyncApi } from '../services/contract/documents/asyncapi.ts'
import { openApiFile } from '../services/contract/documents/file.ts'
import { openApi } from '../services/contract/documents/openapi.ts'
import { taskSchemas } from '../services/contract/documents/schemas.ts'
import { oneOf } from './command-line/arguments.ts'
import { command } from './command-line/command.ts'
import { runCommand } from './command-line/lifecycle.ts'

/** What of each environment the documents depend on. */
const systems: Readonly<Record<string, { readonly queue: string; readonly ledger?: object | undefined }>> = {
  local: { queue: defaultQueue, ledger: (await readLocal())?.ledger ? {} : undefined },
  ...Object.fromEntries(Object.entries(environments).map(([name, { workQueue }]) => [name, workQueue])),
}

const program = command(
  'npm run contract',
  `Writes what other services need to know into a folder: openapi.json describes the HTTP endpoint, asyncapi.json the
messages on the broker, both with the payload of each task type. The endpoint serves the first as GET /openapi.json.`,
  'npm run contract -- api --environment production',
)
  .argument('[folder]', 'where to write them; it is made where it is missing', 'dist')
  .option(
    '--environment <name>',
    `whose queues and ledger they are of: ${Object.keys(systems).join(', ')}`,
    oneOf('environment', Object.keys(systems)),
    'local',
  )

await runCommand(program, async ({ args: [folder], options: { environment } }) => {
  const described = documented()
  const { queue = defaultQueue, ledger } = systems[environment] ?? {}
  const documents = {
    [openApiFile]: openApi(described, ledger !== undefined),
    'asyncapi.json': asyncApi(described, queue),
  }
  for (const gap of taskSchemas(described.types, 'draft-2020-12').gaps)
    console.error(
      `warren: ${gap}, for which there is no JSON Schema: the documents take anything there. ${remedy}`,
    )
  for (const [file, document] of Object.entries(documents)) console.log(write(folder, file, document))
  return 0
})

const remedy = 'Say it as text or number in the payload, and make it what you need in the handler.'

/** @throws Error that says what to do about a folder that cannot be written to */
function write(folder: string, file: string, document: object): string {
  const path = join(folder, file)
  try {
    mkdirSync(folder, { recursive: true })
    writeFileSync(path, `${JSON.stringify(document, null, 2)}\n`)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`${path} cannot be written (${reason}): name another folder`, { cause })
  }
  return path
}
