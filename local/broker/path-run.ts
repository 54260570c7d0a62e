import { access, constants, mkdir, realpath } from 'node:fs/promises'
import { basename, delimiter, dirname, join } from 'node:path'
import { beamPid, signalBeam } from './beam.ts'
import { epmd } from './node-settings.ts'
import { freePorts } from './ports.ts'
import { run } from './run.ts'
import type { Room, Runtime } from './runtime.ts'
import { openScratch } from './scratch.ts'
import { endAll, type Supervised, supervise, untilInputClosesWithGroup } from './supervise.ts'
import { isRecentEnough, tooOld } from './version.ts'

/** Finds a recent enough rabbitmq-server on the PATH; otherwise gives the reason why there is none. */
export async function findOnPath(env: NodeJS.ProcessEnv): Promise<Runtime | string> {
  const found = await programOnPath('rabbitmq-server', env)
  if (found === undefined) return 'no rabbitmq-server on the PATH'
  const folder = await scriptsFolder(found)
  const environment = { ...env, PATH: `${folder}${delimiter}${env['PATH'] ?? ''}` }
  try {
    const version = await versionOf(environment)
    if (!isRecentEnough(version)) return `${found} ${tooOld(version)}`
    return { how: `rabbitmq-server ${version} on the PATH (${found})`, open: () => openRoom(environment) }
  } catch (error) {
    return `${found} does not work: ${error instanceof Error ? error.message : error}`
  }
}

// rabbitmqctl starts an epmd daemon and writes a cookie where it finds none, whatever it is asked
const askVersion = `for try in $(seq 40); do epmd -names >/dev/null 2>&1 && break; sleep 0.05; done
exec rabbitmqctl version`

async function versionOf(env: NodeJS.ProcessEnv): Promise<string> {
  const [port = 0] = await freePorts(1)
  const room = await openRoom(env)
  try {
    room.start('epmd', epmd(port), {})
    const erlang = { HOME: room.folder, ERL_EPMD_PORT: String(port), ERL_EPMD_ADDRESS: '127.0.0.1' }
    return (await room.run(['sh', '-c', askVersion], erlang)).trim()
  } finally {
    await room.close()
  }
}

/** The folder with RabbitMQ's own scripts: Debian puts wrappers on the PATH that serve only its own system broker. */
async function scriptsFolder(server: string): Promise<string> {
  const real = await realpath(server)
  const isWrapper = basename(real) !== 'rabbitmq-server'
  return isWrapper && !(await isProgram(join(dirname(real), 'rabbitmq-server')))
    ? dirname(server)
    : dirname(real)
}

async function programOnPath(name: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const file = join(folder, name)
    if (folder !== '' && (await isProgram(file))) return file
  }
  return undefined
}

async function isProgram(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}

async function openRoom(env: NodeJS.ProcessEnv): Promise<Room> {
  const scratch = await openScratch(env)
  const folder = join(scratch.folder, 'shared')
  await mkdir(folder)
  // what the user set for a broker of their own is not for this one
  const own = Object.entries(env).filter(([name]) => !/^(RABBITMQ|ERL|WARREN)_/.test(name))
  const environment = (extra: Record<string, string>) => ({ ...Object.fromEntries(own), ...extra })
  const programs: Supervised[] = []
  return {
    folder,
    listenAddress: '127.0.0.1',
    start(name, command, extra) {
      const log = join(scratch.folder, `${name}.log`)
      const program = supervise(
        ['sh', '-c', untilInputClosesWithGroup, 'sh', ...command],
        environment(extra),
        log,
      )
      programs.push(program)
      const pid = () => beamPid(program.child.pid)
      return { ...program, pid, signal: async (signal) => signalBeam(await pid(), signal) }
    },
    run: (command, extra) => run(command, { env: environment(extra), timeoutMs: 60_000 }),
    async close() {
      await endAll(programs)
      await scratch.close()
    },
  }
}
