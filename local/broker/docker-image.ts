import { dockerImage, dockerRuntime } from './docker-run.ts'
import { run } from './run.ts'
import type { Runtime } from './runtime.ts'
import { isRecentEnough, tooOld } from './version.ts'

const everyMs = 5_000

/** Finds a Docker engine that answers and has or gets the image; otherwise gives the reason why there is none. */
export async function findDocker(
  env: NodeJS.ProcessEnv,
  progress: (line: string) => void,
): Promise<Runtime | string> {
  let version: string
  try {
    version = (
      await run(['docker', 'version', '--format', '{{.Server.Version}}'], { env, timeoutMs: 5_000 })
    ).trim()
  } catch (error) {
    return `no Docker engine answers (${error instanceof Error ? error.message : error})`
  }
  // what was pulled long ago may be too old
  if (!isRecentEnough((await imageVersion(env)) ?? '')) {
    try {
      await pull(env, progress)
    } catch (error) {
      return `Docker could not pull ${dockerImage} (${error instanceof Error ? error.message : error})`
    }
    const pulled = await imageVersion(env)
    if (pulled !== undefined && !isRecentEnough(pulled)) return `${dockerImage} ${tooOld(pulled)}`
  }
  return dockerRuntime(version, env)
}

/** RabbitMQ's version, which the image has in a variable of its own; undefined where there is no image. */
async function imageVersion(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const variables = ['--format', '{{range .Config.Env}}{{println .}}{{end}}']
  const found = await run(['docker', 'image', 'inspect', ...variables, dockerImage], { env }).catch(() => '')
  return /^RABBITMQ_VERSION=(\S+)$/m.exec(found)?.[1]
}

async function pull(env: NodeJS.ProcessEnv, progress: (line: string) => void): Promise<void> {
  progress(`pulling ${dockerImage} with Docker, about 130 MB, once`)
  let saidAt = Date.now()
  let layers = 0
  const onLine = (line: string) => {
    if (/Pull complete|Already exists/.test(line)) layers += 1
    if (Date.now() - saidAt < everyMs) return
    saidAt = Date.now()
    progress(`  ${layers} layers done`)
  }
  await run(['docker', 'pull', dockerImage], { env, onLine })
}
