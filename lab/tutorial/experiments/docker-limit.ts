import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { run } from '../../../local/broker/run.ts'
import { type ServiceOptions, startService } from '../../../local/service-process.ts'
import type { CpuLimit } from './cpu-limit.ts'

export interface DockerOptions {
  /** Folder of the worker's bundle, with the Dockerfile of its image. */
  readonly bundle: string
  /** amqp://host:port that a worker must reach. */
  readonly brokerUrl: string
  readonly env: NodeJS.ProcessEnv
  readonly progress: (line: string) => void
}

/** How a container reaches this machine's loopback addresses: as its own, or, on Docker Desktop, by a name. */
const networks = [
  { options: ['--network', 'host'], loopback: '127.0.0.1' },
  { options: [], loopback: 'host.docker.internal' },
]

/** In the container: ends with the connection to the client that started it, as `end-with-parent.mjs` does elsewhere. */
const endWithInput = `data:text/javascript,${encodeURIComponent(
  `import { isMainThread } from 'node:worker_threads'
if (isMainThread) process.stdin.resume().once('close', () => process.kill(process.pid, 'SIGKILL')).unref()`,
)}`

/**
 * Limits CPU by running services in containers of the worker image's base, for machines that have Docker but no control
 * groups of their own.
 * @returns why that cannot be
 */
export async function dockerLimit({ bundle, brokerUrl, env, progress }: DockerOptions) {
  const image = baseImage(readFileSync(join(bundle, 'Dockerfile'), 'utf8'))
  const docker = (...args: string[]) => run(['docker', ...args], { env, timeoutMs: 120_000 })
  try {
    const version = await docker('version', '--format', '{{.Server.Version}}')
    await docker('image', 'inspect', image).catch(() => {
      progress(`pulling ${image} with Docker, about 80 MB, once`)
      return docker('pull', '--quiet', image)
    })
    const network = await reaching(brokerUrl, (options, script) =>
      docker('run', ...containerOptions(0.25, bundle), ...options, image, 'node', '--eval', script),
    )
    return limitBy(`Docker ${version.trim()}`, image, network, env)
  } catch (error) {
    return `no container can be used (${error instanceof Error ? error.message : error})`
  }
}

/** The image that a Dockerfile builds on. @throws Error when it names none */
export function baseImage(dockerfile: string): string {
  const base = /^FROM (\S+)/m.exec(dockerfile)?.[1]
  if (base === undefined) throw new Error('the Dockerfile has no FROM')
  return base
}

function limitBy(how: string, image: string, network: (typeof networks)[number], env: NodeJS.ProcessEnv) {
  return {
    how,
    start({ command, variables, onRecord }: ServiceOptions, cpus: number) {
      const inside = Object.fromEntries(
        Object.entries(variables).map(([name, value]) => [name, value && fromContainer(value, network)]),
      )
      const names = Object.keys(inside).flatMap((name) => ['--env', name])
      const options = [...containerOptions(cpus, dirname(command[0])), ...network.options, ...names]
      return startService({
        program: ['docker', 'run', ...options, image, 'node', '--import', endWithInput],
        command,
        variables: { ...env, ...inside },
        onRecord,
      })
    },
    remove: async () => undefined,
  } satisfies CpuLimit
}

/** The bundle is where it is on this machine. */
function containerOptions(cpus: number, bundle: string): string[] {
  return ['--rm', '--interactive', '--init', '--cpus', String(cpus), '--volume', `${bundle}:${bundle}:ro`]
}

function fromContainer(value: string, { loopback }: (typeof networks)[number]): string {
  return value.replace(/^(amqps?:\/\/)(127\.0\.0\.1|localhost)(?=:)/, `$1${loopback}`)
}

/** @throws the last reason why the broker cannot be reached from a container */
async function reaching(
  brokerUrl: string,
  evaluate: (options: readonly string[], script: string) => Promise<string>,
): Promise<(typeof networks)[number]> {
  let reason: unknown
  for (const network of networks) {
    const { hostname, port } = new URL(fromContainer(brokerUrl, network))
    const script = `require('node:net').connect(${port}, '${hostname}').once('connect', () => process.exit())`
    try {
      await evaluate(network.options, script)
      return network
    } catch (error) {
      reason = error
    }
  }
  throw reason
}
