import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, it } from 'vitest'
import { startDocker } from '../../test/support/docker.ts'
import { until } from '../../test/support/until.ts'
import { runSmall } from './experiment.ts'
import { baseImage, dockerLimit } from './experiments/docker-limit.ts'

it('experiments have workers that differ in CPU as containers, on a machine without control groups of its own', async () => {
  const bundle = join(inject('bundles'), 'worker')
  const base = baseImage(readFileSync(join(bundle, 'Dockerfile'), 'utf8'))
  await using stack = new AsyncDisposableStack()
  const engine = await startDocker(base)
  stack.defer(() => engine.stop())
  const [, , host] = engine.command
  const cpuLimit = await dockerLimit({
    ...{ bundle, brokerUrl: inject('broker').amqpUrl, progress: console.log },
    env: host === undefined ? process.env : { ...process.env, DOCKER_HOST: host },
  })
  if (typeof cpuLimit === 'string') throw new Error(cpuLimit)

  const { split, lost } = await runSmall('cpu-no-prefetch', { tasks: 8, cpuLimit })

  expect({ split, lost }).toEqual({ split: { slow: 4, fast: 4 }, lost: 0 })
  const remaining = async () => (await engine.docker('ps', '--quiet', '--filter', `ancestor=${base}`)).trim()
  await until(async () => (await remaining()) === '', { within: 20, what: 'no container to remain' })
}, 300_000)
