import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { manage } from '../../services/amqp/management.ts'
import { descendants, isRunning, type RunningProcess } from '../../test/support/processes.ts'
import { copyServices } from '../../test/support/test-tasks.ts'
import { until } from '../../test/support/until.ts'
import { asUsersBroker } from '../../test/support/users-broker.ts'

// a copy: the report and pictures of a run that the user made are not to be written over
const copy = copyServices()
// lab has its copies of the services from test/support
for (const folder of ['client', 'local', 'lab', 'ops', 'test/support'])
  cpSync(resolve(import.meta.dirname, '../..', folder), join(copy.folder, folder), { recursive: true })
afterAll(() => copy[Symbol.dispose]())

/** `npm start -- <args>` without npm. */
function start(args: readonly string[], env: NodeJS.ProcessEnv) {
  return spawn(process.execPath, ['lab/tutorial/start.ts', ...args], {
    cwd: copy.folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function ended(child: ChildProcess) {
  const [code, signal] = await once(child, 'close')
  return { code, signal }
}

describe('npm start', () => {
  it('writes the report alone to standard output with --json, and leaves nothing on the broker', async () => {
    const child = start(
      ['--only', 'fair', '--tasks', '12', '--slow', '60', '--fast', '30', '--json'],
      asUsersBroker(inject('broker')),
    )
    const [output, errors, { code }] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      ended(child),
    ])
    expect(errors).toContain('Fair dispatch')
    expect(code).toBe(0)
    const { broker, experiments } = JSON.parse(output)
    expect(broker.version).toBe(inject('broker').version)
    expect(experiments).toMatchObject([{ id: 'fair', tasks: 12, lost: 0, duplicated: 0, contradictions: [] }])
    expect(experiments[0].split.slow + experiments[0].split.fast).toBe(12)
    const { managementUrl, admin } = inject('broker')
    const users = (await manage({ url: managementUrl, ...admin }, 'GET', 'users')) as { name: string }[]
    expect(users.map(({ name }) => name).filter((name) => name.startsWith('fair-'))).toEqual([])
  })

  it('exits 1 with the reason when a run contradicts what it claims', async () => {
    // both are done before a second worker can be there
    const child = start(
      ['--only', 'late-worker-fair', '--tasks', '2', '--slow', '1', '--fast', '1'],
      asUsersBroker(inject('broker')),
    )
    const [output, { code }] = await Promise.all([text(child.stdout), ended(child)])
    expect(code).toBe(1)
    expect(output).toContain('contradicted: the split is 2 slow / 0 fast, the second worker got nothing')
  })

  it('exits 2 and names the nearest when it is called wrongly', async () => {
    const child = start(['--only', 'fiar'], {})
    const [errors, { code }] = await Promise.all([text(child.stderr), ended(child)])
    expect(code).toBe(2)
    expect(errors).toContain('there is no experiment fiar: did you mean fair?')
  })

  it('leaves no process after Ctrl-C in mid-run, its broker included', async () => {
    const child = start(['--only', 'fair', '--tasks', '200'], {})
    const family = await whenWorking(child)
    expect(family.some(({ command }) => command.includes('beam'))).toBe(true)
    const end = ended(child)
    child.kill('SIGINT')
    expect(await end).toEqual({ code: 130, signal: null })
    // esbuild's ends by itself a moment later
    await until(() => !family.some(isRunning), { within: 5, what: 'all processes are gone' })
  })

  it('leaves no process when it is killed', async () => {
    const child = start(['--only', 'fair', '--tasks', '200'], asUsersBroker(inject('broker')))
    const family = await whenWorking(child)
    expect(family.filter(({ command }) => command.includes('worker/main.mjs'))).toHaveLength(2)
    child.kill('SIGKILL')
    await until(() => !family.some(isRunning), { within: 20, what: 'all processes are gone' })
  })
})

/** The processes that a run has started, once its workers are at it. */
async function whenWorking(child: ChildProcess): Promise<RunningProcess[]> {
  let output = ''
  child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    output += part
  })
  await until(() => / [1-9]\d* done/.test(output), { within: 50, what: 'a task is done' })
  return descendants(child.pid)
}
