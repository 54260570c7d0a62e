import { execFile } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { startLedger } from '../../local/ledger-process.ts'
import { openApiFile } from '../../services/contract/documents/file.ts'
import { limits } from '../../services/contract/limits.ts'
import { startProducer, type TestProducer } from '../support/producer.ts'
import { createQueue, type TestQueue } from '../support/queue.ts'
import { readTasks } from '../support/read-tasks.ts'
import { installPrograms } from '../support/venv.ts'

/** What openapi.json is good for: programs that nobody here wrote work by it, against the real producer. */
const minutes = 60_000
const run = promisify(execFile)
const stack = new AsyncDisposableStack()
let queue: TestQueue
let producer: TestProducer
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'warren-contract-'))
  stack.defer(() => rmSync(folder, { recursive: true }))
  const ledger = await startLedger()
  stack.defer(() => ledger.stop())
  queue = stack.use(await createQueue(inject('broker')))
  // of as many days as any ledger may have, which is what the document says of uniqueSeconds
  const days = { LEDGER_DAYS: String(limits.ledgerDays) }
  const variables = { ...queue.environment('producer'), ...ledger.variables, ...days }
  producer = stack.use(await startProducer(inject('ledgerBundles'), variables))
}, 2 * minutes)
afterAll(() => stack.disposeAsync())

/** Runs a program, and fails with all that it has printed. */
async function succeeds(program: string, ...args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await run(program, args, { cwd: folder, maxBuffer: 2 ** 26 })
    return stdout
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`${program} ${args.join(' ')}:\n${stdout}\n${stderr}`, { cause: error })
  }
}

test(
  'a Python client that is generated from GET /openapi.json sends tasks, and sees what became of them',
  async () => {
    const programs = installPrograms('openapi-python-client==0.29.1')
    // without the formatters that it would run
    writeFileSync(join(folder, 'config.yml'), 'post_hooks: []\n')
    await succeeds(
      join(programs, 'openapi-python-client'),
      ...['generate', '--url', `${producer.url}/${openApiFile}`, '--config', 'config.yml'],
      ...['--meta', 'none', '--output-path', join(folder, 'queue_client'), '--fail-on-warning'],
    )
    copyFileSync(join(import.meta.dirname, 'contract-client.py'), join(folder, 'client.py'))
    const printed = await succeeds(join(programs, 'python'), 'client.py', producer.url)
    expect(JSON.parse(printed)).toEqual({
      statuses: [202, 202, 400],
      ids: ['one'],
      same: true,
      path: '/payload/ms',
      ready: 2,
      state: 'accepted',
    })
    const tasks = await readTasks(queue)
    expect(tasks).toMatchObject([
      { id: 'one', type: 'sleep', payload: { ms: 1 }, priority: 9 },
      { type: 'digest', payload: { rounds: 1_000_000 } },
    ])
  },
  5 * minutes,
)

test(
  'schemathesis finds no request that is answered otherwise than openapi.json says',
  async () => {
    const programs = installPrograms('schemathesis==4.32.5')
    // signatures are API Gateway's to check, and no gateway stands before this producer
    const { security: _, ...document } = (await producer.get(`/${openApiFile}`)).body
    writeFileSync(join(folder, openApiFile), JSON.stringify(document))
    // nobody does the tasks, so that who waits for their end waits in vain
    writeFileSync(join(folder, 'schemathesis.toml'), 'parameters = { "query.wait" = 1 }\n')
    const printed = await succeeds(
      join(programs, 'schemathesis'),
      ...['run', openApiFile, '--url', producer.url, '--checks', 'all', '--seed', '1', '--no-color'],
      ...['--max-examples', '150', '--max-time', '90', '--continue-on-failure', '--request-timeout', '25'],
    )
    expect(printed).toMatch(/Tested: 4/)
    expect(producer.running()).toBe(true)
  },
  10 * minutes,
)
