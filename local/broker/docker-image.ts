import { dockerImage, dockerRuntime } from './docker-run.ts'
import { run } from './run.ts'
import type { Runtime } from './runtime.ts'

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
  try {
    await run(['docker', 'image', 'inspect', dockerImage], { env })
  } catch {
    try {
      await pull(env, progress)
    } catch (error) {
      return `Docker could not pull ${dockerImage} (${error instanceof Error ? error.message : error})`
    }
  }
  return dockerRuntime(version, env)
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
