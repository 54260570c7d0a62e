import { readFileSync } from 'node:fs'
import type { Check, DeployTarget } from './check.ts'

/**
 * Docker answers, with buildx: without it Docker silently builds for the machine that it runs on, and the worker would
 * not start on Graviton. A Dockerfile with RUN also needs a builder that can run the image's platform.
 */
export const docker: Check = {
  name: 'Docker',
  async run(target) {
    if (target.assembly.images.length === 0) return []
    try {
      await target.docker(['info', '--format', '{{.ServerVersion}}'])
    } catch (error) {
      return [{ what: 'Docker does not answer', seen: first(error), remedy: install }]
    }
    try {
      return foreignBuilds(target, await target.docker(['buildx', 'inspect']))
    } catch (error) {
      return [{ what: 'Docker has no buildx', seen: first(error), remedy: installBuildx }]
    }
  },
}

const install =
  'start it (sudo systemctl start docker, or open Docker Desktop); to install it: https://docs.docker.com/get-docker/'
const installBuildx =
  'sudo apt-get install docker-buildx (docker-buildx-plugin from Docker, included in Docker Desktop)'

/** `inspected` is what `docker buildx inspect` prints, with a line such as `Platforms: linux/amd64, linux/arm64`. */
function foreignBuilds({ assembly }: DeployTarget, inspected: string) {
  const built = [...inspected.matchAll(/^Platforms:\s*(.*)$/gm)].flatMap(([, list = '']) =>
    list.split(/,\s*/),
  )
  const platforms = assembly.images
    .filter(({ dockerfile }) => /^\s*RUN\s/im.test(readFileSync(dockerfile, 'utf8')))
    .flatMap(({ platform }) => (platform !== undefined && !built.includes(platform) ? [platform] : []))
  return [...new Set(platforms)].map((platform) => ({
    what: `the Dockerfile has a RUN, and this Docker cannot run ${platform}`,
    seen: built.join(', ') || 'no platform',
    remedy: `docker run --privileged --rm tonistiigi/binfmt --install ${platform.replace('linux/', '')}`,
  }))
}

/** The first line of what a command printed when it failed. */
function first(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if ('code' in error && error.code === 'ENOENT') return 'no docker on the PATH'
  const stderr = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr : ''
  return (stderr.trim() || error.message).split('\n')[0] ?? ''
}
