import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Assembly, readAssembly } from '../../ops/assembly.ts'
import { orAborted } from '../../ops/command-line/lifecycle.ts'
import { startBroker } from '../rehearsal/broker.ts'
import { cluesOfUpdate, createAdministrator, invokeProbe, statusOf } from './account.ts'
import { askLedger } from './api.ts'
import { startBarrier } from './barrier.ts'
import { cdk } from './command.ts'
import { askStatus, redrive, send } from './commands.ts'
import { type Coverage, resourcesOf } from './coverage.ts'
import { account, emulatorName, startEmulator } from './emulator.ts'
import { findGaps } from './gaps.ts'
import { connect, listAccount } from './listing.ts'
import type { Stage } from './stage.ts'
import { surroundings } from './surroundings.ts'
import { transform } from './transform.ts'

export interface EmulationOptions {
  readonly say: (line: string) => void
  readonly signal: AbortSignal
  /** What is started is ended when this is. */
  readonly stack: AsyncDisposableStack
}

/** Plays bootstrap, deploy, use, update and destroy of the sandbox through. @throws Error that names what failed */
export async function emulate({ say, signal, stack }: EmulationOptions): Promise<Coverage> {
  const stage = await orAborted(setStage(say, signal, stack), signal)
  const run = (...args: string[]) => cdk(args, stage.env, signal)
  await run('bootstrap', `aws://${account.id}/${account.region}`)
  say('cdk bootstrap: done')
  const before = await listAccount(stage.clients)

  const { whole, first, changed, gaps } = await assemblies(stage, stack)
  const names = first.stacks.map(({ name }) => name)
  const [foundation = ''] = names
  // the default queue's stack is the last that is deployed
  const workQueue = names.at(-1) ?? ''
  await run('deploy', foundation, '--app', first.directory, '--require-approval', 'never')
  // what Amazon MQ does when it creates a broker
  await createAdministrator(stage, foundation)
  await run('deploy', '--all', '--app', first.directory, '--require-approval', 'never')
  await resourcesAt(stage, names, /^CREATE_COMPLETE$/)
  say('cdk deploy: CREATE_COMPLETE')

  const commands: Record<string, string> = { send: await send(stage) }
  await invokeProbe(stage)
  commands['status'] = await askStatus(stage)
  commands['redrive'] = await redrive(stage)
  for (const [name, ended] of Object.entries(commands)) say(`npm run ${name}: ${ended}`)

  await run('deploy', '--all', '--app', changed.directory, '--require-approval', 'never')
  await resourcesAt(stage, [workQueue], /^UPDATE_COMPLETE$/)
  const created = await resourcesAt(stage, names, /^(CREATE|UPDATE)_COMPLETE$/)
  const clues = await cluesOfUpdate(stage, workQueue)
  say(`cdk deploy of a change: UPDATE_COMPLETE; ${clues.join(', ')}`)
  const answers = await askLedger(stage, workQueue)
  for (const [asked, answer] of Object.entries(answers)) say(`${asked}: ${answer}`)

  await run('destroy', '--all', '--force', '--app', changed.directory)
  const left = (await listAccount(stage.clients)).filter((each) => !before.includes(each))
  if (left.length > 0) throw new Error(`cdk destroy left behind: ${left.join(', ')}`)
  say('cdk destroy: nothing left that the emulator can list')
  if (stage.refused.length > 0) throw new Error(`wanted to leave this machine: ${stage.refused.join(', ')}`)
  return {
    emulator: emulatorName,
    resources: resourcesOf(resourcesIn(whole), gaps, created),
    commands: { ...commands, ...answers },
  }
}

async function setStage(
  say: EmulationOptions['say'],
  signal: AbortSignal,
  stack: AsyncDisposableStack,
): Promise<Stage> {
  const barrier = await startBarrier()
  stack.defer(() => barrier.close())
  const broker = await startBroker(say)
  stack.defer(() => broker.stop())
  const functions = { ...surroundings(barrier.variables), NODE_EXTRA_CA_CERTS: broker.caFile }
  const emulator = await startEmulator(functions, say)
  stack.defer(() => emulator.stop())
  say(
    `${emulatorName} at ${emulator.url}; in the place of Amazon MQ: RabbitMQ ${broker.version}, ${broker.how}`,
  )
  return {
    ...{ broker, signal, clients: connect(emulator.url), refused: barrier.refused },
    places: { ...broker, emulatorUrl: emulator.url },
    env: { ...surroundings(barrier.variables), AWS_ENDPOINT_URL: emulator.url },
  }
}

/** The sandbox as it is and as it is after a change, both without what the emulator does not know. */
async function assemblies(stage: Stage, stack: AsyncDisposableStack) {
  const folder = mkdtempSync(join(tmpdir(), 'warren-emulation-'))
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  const whole = await synthesize(stage, join(folder, 'whole'), 'infra/app.ts')
  const wholeChanged = await synthesize(stage, join(folder, 'whole-changed'), 'lab/emulator/changed.ts')
  // the change takes nothing away
  const types = new Set(resourcesIn(wholeChanged).map(({ Type }) => Type))
  const gaps = await findGaps(stage.clients.cloudFormation, [...types])
  const without = ({ directory }: Assembly, name: string) => {
    transform(directory, join(folder, name), gaps, stage.places)
    return readAssembly(join(folder, name))
  }
  return {
    whole: wholeChanged,
    first: without(whole, 'first'),
    changed: without(wholeChanged, 'changed'),
    gaps,
  }
}

const resourcesIn = ({ stacks }: Assembly) => stacks.flatMap(({ resources }) => resources)

async function synthesize({ env, signal }: Stage, directory: string, app: string): Promise<Assembly> {
  const command = `${JSON.stringify(process.execPath)} ${app}`
  await cdk(['synth', '--quiet', '--output', directory, '--app', command], env, signal)
  return readAssembly(directory)
}

/** Logical ids of what the stacks have. @throws Error when one did not end as expected */
async function resourcesAt(stage: Stage, stacks: readonly string[], expected: RegExp): Promise<Set<string>> {
  const found = await Promise.all(stacks.map((name) => statusOf(stage, name)))
  for (const { name, status } of found)
    if (!expected.test(status ?? '')) throw new Error(`${name} must be ${expected}, is ${status}`)
  return new Set(found.flatMap(({ created }) => created))
}
