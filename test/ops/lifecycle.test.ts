import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'

/** Runs a command whose `main` has this body, and sends it signals: one for each line that it prints. */
async function run(body: string, env: NodeJS.ProcessEnv = {}, signals: readonly NodeJS.Signals[] = []) {
  const code = `
    import { command } from './ops/command-line/command.ts'
    import { orAborted, runCommand } from './ops/command-line/lifecycle.ts'
    import { UsageError } from './ops/command-line/arguments.ts'
    const never = new Promise(() => {})
    setInterval(() => {}, 1_000)
    await runCommand(command('npm run try', 'Tries.', 'npm run try'), async ({ signal, stack }) => {
      ${body}
    }, [])`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [...rest] = signals
  child.stdout.on('data', () => {
    const next = rest.shift()
    if (next) child.kill(next)
  })
  const [[status], stdout, stderr] = await Promise.all([
    once(child, 'close'),
    text(child.stdout),
    text(child.stderr),
  ])
  return { status, stdout, stderr }
}

test('ends with what main returns, after what was deferred, last first', async () => {
  const body = `
    for (const name of ['first', 'second']) stack.defer(() => console.log(name))
    return 7`
  expect(await run(body)).toEqual({ status: 7, stdout: 'second\nfirst\n', stderr: '' })
})

test('says in one sentence what failed, and ends with 1', async () => {
  const body = `
    stack.defer(() => console.log('tidy'))
    throw new Error('the broker is away')`
  expect(await run(body)).toEqual({ status: 1, stdout: 'tidy\n', stderr: 'warren: the broker is away\n' })
})

test('WARREN_DEBUG adds where in the code, and what was the cause', async () => {
  const { status, stderr } = await run(
    `throw new Error('the broker is away', { cause: new Error('ECONNREFUSED') })`,
    { WARREN_DEBUG: '1' },
  )
  expect(status).toBe(1)
  expect(stderr).toMatch(/^warren: the broker is away\nError: the broker is away\n +at /)
  expect(stderr).toMatch(/cause.*: Error: ECONNREFUSED\n +at /)
})

test('says how to call it after a mistake in the call, and ends with 2', async () => {
  expect(await run(`throw new UsageError('--slow must be no less than --fast')`)).toEqual({
    status: 2,
    stdout: '',
    stderr:
      'warren: --slow must be no less than --fast\nusage: npm run try -- [options] (--help says more)\n',
  })
})

test('a failure to tidy up ends an otherwise good command with 1', async () => {
  const body = `
    stack.defer(() => { throw new Error('the queue cannot be deleted') })
    return 0`
  expect(await run(body)).toEqual({ status: 1, stdout: '', stderr: 'warren: the queue cannot be deleted\n' })
})

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)(
  '%s stops it, tidies up and ends with %i, without a word about what fails by that',
  async (name, status) => {
    const body = `
    stack.defer(() => console.log('tidy'))
    console.log('up')
    await orAborted(never, signal)`
    expect(await run(body, {}, [name])).toEqual({ status, stdout: 'up\ntidy\n', stderr: '' })
  },
)

test('a second signal ends it at once', async () => {
  const body = `
    signal.addEventListener('abort', () => console.log('stopping'))
    console.log('up')
    await never`
  expect(await run(body, {}, ['SIGINT', 'SIGTERM'])).toMatchObject({ status: 130, stdout: 'up\nstopping\n' })
})
