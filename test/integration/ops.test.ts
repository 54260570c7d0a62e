import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { freePorts } from '../../local/broker/ports.ts'
import { type Ended, runOps } from '../ops/run-command.ts'
import { until } from '../support/until.ts'
import { asUsersBroker } from '../support/users-broker.ts'

const root = resolve(import.meta.dirname, '../..')
let copy: string
let dev: ChildProcess
let output = ''

/** `npm run dev` in a copy with a task type that fails, inside the repository so that it finds the packages. */
beforeAll(async () => {
  await mkdir(resolve(root, '.warren'), { recursive: true })
  copy = await mkdtemp(resolve(root, '.warren/ops-'))
  for (const part of ['infra', 'client', 'local', 'ops', 'services', 'package.json']) {
    await cp(resolve(root, part), resolve(copy, part), { recursive: true })
  }
  await addFailingType(resolve(copy, 'services/tasks'))
  const [port] = await freePorts(1)
  dev = spawn(process.execPath, ['ops/dev.ts', '--port', `${port}`], {
    cwd: copy,
    env: { ...process.env, ...asUsersBroker(inject('broker')) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const take = (part: string) => {
    output += part
  }
  dev.stdout?.setEncoding('utf8').on('data', take)
  dev.stderr?.setEncoding('utf8').on('data', take)
  await until(() => output.includes('Ctrl-C ends it'), { within: 60, what: 'npm run dev is up' })
})

afterAll(async () => {
  if (dev?.exitCode === null && dev.signalCode === null) {
    const closed = once(dev, 'close')
    dev.kill('SIGINT')
    await closed
  }
  await rm(copy, { recursive: true, force: true })
})

async function addFailingType(folder: string): Promise<void> {
  await writeFile(
    resolve(folder, 'broken.ts'),
    `import * as z from 'zod'
import { taskType } from '../contract/task-type.ts'
export const broken = taskType({ type: 'broken', payload: z.object({}), handler: './broken.handler.ts' })
`,
  )
  await writeFile(
    resolve(folder, 'broken.handler.ts'),
    `import { PermanentTaskError } from '../contract/task-type.ts'
export default (_: unknown, { log }: { log: { info(msg: string, fields: object): void } }) => {
  log.info('looking for the customer', { customer: 4711 })
  throw new PermanentTaskError('customer 4711 is unknown')
}
`,
  )
  const registry = resolve(folder, 'registry.ts')
  const source = await readFile(registry, 'utf8')
  await writeFile(registry, `import { broken } from './broken.ts'\n${source.replace(/= \[/, '= [broken, ')}`)
}

const ops = (...args: Parameters<typeof runOps>): Promise<Ended> =>
  runOps(args[0], args[1], { cwd: copy, ...args[2] })
const json = async (
  command: 'send' | 'status' | 'redrive' | 'pause' | 'resume' | 'cancel',
  ...args: string[]
) => {
  const { stdout, stderr } = await ops(command, ['local', '--json', ...args])
  expect(stdout, stderr).toMatch(/^\{.*\}\n$/)
  return JSON.parse(stdout)
}

it('sends tasks and says who did how many: the fast worker more', async () => {
  const { status, stdout, stderr } = await ops('send', [
    'local',
    '--count',
    '60',
    '--type',
    'sleep',
    '--payload',
    '{"ms":40}',
    '--wait',
  ])
  expect(stderr).not.toContain('warren:')
  expect(status).toBe(0)
  const [, fast, slow] = /^split: fast (\d+), slow (\d+)$/m.exec(stdout) ?? expect.fail(stdout)
  expect(Number(fast) + Number(slow)).toBe(60)
  expect(Number(fast)).toBeGreaterThan(Number(slow))
  expect(stdout).toMatch(/^60 of 60 accepted in/m)
})

it('sends no more after Ctrl-C, and says what was accepted', async () => {
  const { status, stdout, stderr } = await ops(
    'send',
    ['local', '--count', '5000', '--rate', '50', '--type', 'sleep', '--payload', '{"ms":0}', '--json'],
    { stopWhen: /\d+ of 5000 accepted/ },
  )
  expect(status).toBe(130)
  expect(stderr).toContain('stopping as soon as the current request is answered')
  const { accepted, unanswered, run } = JSON.parse(stdout)
  expect(accepted).toBeGreaterThan(0)
  expect(accepted).toBeLessThan(5_000)
  expect(unanswered).toBe(0)
  const log = () => readFile(resolve(copy, '.warren/tasks.log'), 'utf8')
  await until(async () => new Set((await log()).match(new RegExp(`"${run}-\\d+"`, 'g'))).size === accepted, {
    within: 60,
    what: `just the ${accepted} accepted tasks were done`,
  })
})

it('is healthy while workers take tasks and there is no dead letter', async () => {
  await until(async () => (await json('status')).healthy, { within: 60, what: 'status says healthy' })
  const { status, stdout } = await ops('status', ['local'])
  expect(status).toBe(0)
  expect(stdout).toMatch(/^healthy$/m)
})

it('shows a live line with shares and waits where there is no terminal', async () => {
  const { status, stdout } = await ops('watch', ['local'], { stopWhen: /% of tasks, waits/ })
  expect(status).toBe(130)
  expect(stdout).toMatch(
    /backlog \d+ \(.*\) · slots 2 · dead letters 0 · fast 1 running, .*% of tasks, waits/,
  )
})

it('pauses until it is resumed: tasks wait, and that is no fault', async () => {
  expect(await json('pause')).toMatchObject({
    environment: 'local',
    paused: true,
    before: false,
    consumers: 0,
  })
  const { run } = await json('send', '--count', '3', '--type', 'sleep', '--payload', '{"ms":0}')
  const paused = await until(
    async () => {
      const found = await json('status')
      return found.look?.queue.pausedSeconds > 0 && found.look.queue.ready === 3 && found
    },
    { within: 60, what: 'status shows the pause' },
  )
  expect(paused.healthy).toBe(true)
  const { stdout } = await ops('watch', ['local'], { stopWhen: /slots \d+/ })
  expect(stdout).toMatch(/slots 0, paused for \d/)
  // what waits is dropped, and the rest is done
  expect(await json('cancel', `${run}-0`)).toMatchObject({ ids: [`${run}-0`], listed: 1 })
  expect(await json('resume')).toMatchObject({ paused: false, before: true })
  const lines = await until(
    async () => {
      const log = await readFile(resolve(copy, '.warren/tasks.log'), 'utf8')
      const found = log.split('\n').filter((line) => line.includes(`"${run}-`))
      return found.length === 3 && found.map((line) => JSON.parse(line))
    },
    { within: 60, what: 'three tasks ended' },
  )
  expect(Object.fromEntries(lines.map(({ id, outcome }) => [id.slice(run.length), outcome]))).toMatchObject({
    '-0': 'cancelled',
    '-1': 'done',
    '-2': 'done',
  })
})

it('says why tasks died, and moves as many as it is asked to', async () => {
  await json('send', '--count', '5', '--type', 'broken')
  const listed = await until(
    async () => {
      const found = await json('redrive', '--list', '--type', 'broken')
      return found.letters.length === 5 && found
    },
    { within: 60, what: 'five dead letters' },
  )
  expect(listed).toMatchObject({ matched: 5, deadLetters: 5 })
  for (const letter of listed.letters) {
    expect(letter).toMatchObject({
      type: 'broken',
      reason: 'rejected',
      count: 1,
      redriven: 0,
      lastError: expect.stringContaining('customer 4711 is unknown'),
    })
  }
  expect((await json('redrive', '--type', 'sleep')).matched).toBe(0)
  expect((await json('redrive', '--list')).letters).toHaveLength(5)

  expect(await json('redrive', '--first', '2', '--yes')).toMatchObject({ moved: 2 })
  await until(
    async () => {
      const { letters } = await json('redrive', '--list')
      return letters.filter(({ redriven }: { redriven: number }) => redriven === 1).length === 2
    },
    { within: 60, what: 'two were tried again, and died again' },
  )
})

it('shows dead letters by their last error, and moves a group', async () => {
  const { groups, matched } = await json('redrive')
  expect({ groups, matched }).toMatchObject({
    groups: [{ type: 'broken', error: 'PermanentTaskError: customer # is unknown', count: 5 }],
    matched: 5,
  })
  expect((await json('redrive', '--error', 'customer # is', '--list')).letters).toHaveLength(5)
  expect(await json('redrive', '--error', 'no such error', '--yes')).toMatchObject({ moved: 0 })
})

it('tells the story of one task: its tries, what its handler wrote, and that it is a dead letter', async () => {
  const { letters } = await json('redrive', '--list')
  const again = letters.find(({ redriven }: { redriven: number }) => redriven === 1)
  const { status, stdout } = await ops('task', ['local', again.id, '--dead-letter', '--json'])
  expect(status).toBe(0)
  const story = JSON.parse(stdout)
  expect(story).toMatchObject({
    ...{ type: 'broken', state: 'dead', deadLetter: { id: again.id, redriven: 1 } },
    tries: [
      { outcome: 'permanent-failure', last: true },
      { outcome: 'permanent-failure', again: true, last: true },
    ],
  })
  for (const { lines } of story.tries) {
    expect(lines.map(({ msg }: { msg: string }) => msg)).toEqual([
      'looking for the customer',
      'handler threw',
    ])
  }
  const unknown = await ops('task', ['local', 'nobody'])
  expect(unknown).toMatchObject({ status: 1, stderr: '' })
  expect(unknown.stdout).toMatch(/^no log of local names nobody$/m)
})

it('is not healthy with dead letters, and says which command shows them', async () => {
  await until(async () => (await json('status')).look?.queue.deadLetters === 5, {
    within: 60,
    what: 'five are seen',
  })
  const { status, stdout } = await ops('status', ['local'])
  expect(status).toBe(1)
  expect(stdout).toContain('- 5 dead letters\n  → npm run redrive -- local shows them and why')
})

it('says in one sentence that nothing runs', async () => {
  const closed = once(dev, 'close')
  dev.kill('SIGINT')
  await closed
  for (const command of ['send', 'watch', 'status', 'redrive', 'pause', 'resume', 'cancel'] as const) {
    const { status, stdout, stderr } = await ops(command, command === 'cancel' ? ['local', 'id'] : ['local'])
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toBe('warren: nothing runs locally: start it with npm run dev, in another terminal\n')
  }
})
