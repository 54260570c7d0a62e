import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { lastLines, run } from './run.ts'
import type { Program, Room, Runtime } from './runtime.ts'
import { openScratch } from './scratch.ts'
import { type Supervised, supervise, untilInputCloses } from './supervise.ts'

/** The image with RabbitMQ and its management plugin. */
export const dockerImage = 'rabbitmq:4.3-management'

const folder = '/warren'
// first the scripts that do not insist on a system user and its data folder, where an image has Debian's package
const withScripts = `PATH=/usr/lib/rabbitmq/bin:$PATH\n`

/** Runs the RabbitMQ of the image in containers that end, and are removed, with this process. */
export function dockerRuntime(version: string, env: NodeJS.ProcessEnv): Runtime {
  return { how: `${dockerImage} in Docker ${version}`, open: (ports) => openRoom(ports, env) }
}

/**
 * One container holds network, ports and data; the programs run in containers that borrow these from it. So a node
 * can end and start again with its data, and nodes find each other on the loopback address as without containers.
 */
async function openRoom(ports: readonly number[], env: NodeJS.ProcessEnv): Promise<Room> {
  const scratch = await openScratch(env)
  const holderName = `warren-${randomBytes(6).toString('hex')}`
  const published = ports.flatMap((port) => ['--publish', `127.0.0.1:${port}:${port}`])
  const hold = [
    '--volume',
    folder,
    ...published,
    '--entrypoint',
    'sh',
    dockerImage,
    '-c',
    'echo holding; cat',
  ]
  const log = join(scratch.folder, 'holder.log')
  const holder = supervise([...dockerRun(holderName), ...hold], env, log)
  await untilHolding(holder, holderName, env)
  const programs: Program[] = []
  return {
    folder,
    listenAddress: '0.0.0.0',
    start(name, command, extra) {
      const container = `${holderName}-${name.replace(/\W/g, '-')}`
      const borrowed = ['--network', `container:${holderName}`, '--volumes-from', holderName]
      const watched = [
        '--entrypoint',
        'sh',
        dockerImage,
        '-c',
        withScripts + untilInputCloses,
        'sh',
        ...command,
      ]
      const log = join(scratch.folder, `${name}.log`)
      const started = [...dockerRun(container), ...variables(extra), ...borrowed, ...watched]
      const program = inContainer(container, supervise(started, clientEnvironment(env, extra), log), env)
      programs.push(program)
      return program
    },
    run(command, extra) {
      const exec = ['docker', 'exec', ...variables(extra), holderName]
      return run([...exec, 'sh', '-c', `${withScripts}exec "$@"`, 'sh', ...command], {
        env: clientEnvironment(env, extra),
      })
    },
    async close() {
      await Promise.all(programs.map((program) => program.end()))
      await holder.end()
      await scratch.close()
    },
  }
}

function dockerRun(name: string): string[] {
  return ['docker', 'run', '--rm', '--interactive', '--user', '0', '--name', name]
}

/** Hands variables on by name only: their values, secrets among them, are in no command line. */
function variables(extra: Record<string, string>): string[] {
  return Object.entries(extra).flatMap(([name, value]) => ['--env', name === 'HOME' ? `HOME=${value}` : name])
}

/** The Docker client's own environment, and the variables that it is to hand on; HOME is where its settings are. */
function clientEnvironment(env: NodeJS.ProcessEnv, extra: Record<string, string>): NodeJS.ProcessEnv {
  return { ...env, ...extra, HOME: env['HOME'] }
}

function inContainer(name: string, program: Supervised, env: NodeJS.ProcessEnv): Program {
  let paused = false
  const docker = (verb: string) => run(['docker', verb, name], { env })
  return {
    ...program,
    pid: async () => undefined,
    async signal(signal) {
      await docker(signal === 'SIGSTOP' ? 'pause' : 'unpause')
      paused = signal === 'SIGSTOP'
    },
    async end() {
      // a container that stands still would not see its input close
      if (paused && !program.hasEnded()) await docker('unpause')
      paused = false
      await program.end()
    },
  }
}

async function untilHolding(holder: Supervised, name: string, env: NodeJS.ProcessEnv): Promise<void> {
  const isRunning = ['docker', 'inspect', '--format', '{{.State.Running}}', name]
  while (!holder.hasEnded()) {
    const state = await run(isRunning, { env }).catch(() => '')
    if (state.trim() === 'true') return
    await delay(50)
  }
  throw new Error(
    `Docker did not start a container of ${dockerImage}: ${lastLines(await holder.output(), 5)}`,
  )
}
