import { randomBytes } from 'node:crypto'
import { freePorts } from '../../local/broker/ports.ts'
import type { Assembly } from '../../ops/assembly.ts'
import type { Docker } from '../../test/support/docker.ts'
import { buildImage, type Image } from './image.ts'
import type { Ledger } from './ledger.ts'
import type { Place } from './place.ts'
import { type Deployed, type Deployment, pseudo } from './resolve.ts'
import { mayReadSecret } from './roles.ts'
import { createService, type Service } from './service.ts'
import { imageOf, type TaskSettings, taskSettings } from './task-definition.ts'
import { checkVariables } from './variables.ts'

export interface WorkerOptions {
  readonly assembly: Assembly
  readonly docker: Docker
  readonly factor: number
  readonly ledger: Ledger
  readonly onDeath: (error: Error) => void
  /** Containers and images go when this ends. */
  readonly stack: AsyncDisposableStack
}

/** Containers that a rehearsal may start in all. */
const maxContainers = 64

/** The ECS services of each queue, without any task yet, and the images that they run. */
export async function createServices(
  queues: readonly { readonly deployment: Deployment; readonly place: Place }[],
  options: WorkerOptions,
): Promise<{ readonly services: readonly Service[][]; readonly images: Image[] }> {
  const { assembly, docker, factor, ledger, onDeath, stack } = options
  const ports = await freePorts(maxContainers)
  const label = `warren.rehearsal=${randomBytes(4).toString('hex')}`
  const images = new Map<string, Image>()
  stack.defer(() => sweep(docker, label, [...images.values()]))
  const create = async (service: Deployed, deployment: Deployment, place: Place) => {
    const task = taskOf(service, deployment)
    const asset = imageOf(task, assembly)
    checkVariables(task.path, asset.directory, [
      ...Object.keys(task.environment),
      ...Object.keys(task.secrets),
    ])
    const image = images.get(task.imageTag) ?? (await buildImage(docker, asset, task.imageTag))
    images.set(task.imageTag, image)
    const name = String(service.properties['ServiceName'])
    return createService(name, task, {
      ...{ docker, factor, onDeath, label, service: name, image: image.name },
      variables: { ...secretVariables(task, deployment, place), ...ofAws(task, place) },
      caFile: place.broker?.caFile ?? '',
      freePort: () => ports.pop() ?? 0,
      onLine: (container, line) => ledger.add(container, line),
    })
  }
  const services: Service[][] = []
  for (const { deployment, place } of queues) {
    const ofQueue: Service[] = []
    for (const service of deployment.all('AWS::ECS::Service'))
      ofQueue.push(await create(service, deployment, place))
    services.push(ofQueue)
  }
  return { services, images: [...images.values()] }
}

/** Removes also what was just being started when the rehearsal ended. */
async function sweep({ docker }: Docker, label: string, images: readonly Image[]): Promise<void> {
  const ids = await docker('ps', '--all', '--quiet', '--filter', `label=${label}`)
  for (const id of ids.split('\n').filter(Boolean)) await docker('rm', '--force', id)
  for (const { name } of images) await docker('image', 'rm', '--force', name)
}

function taskOf({ path, properties }: Deployed, deployment: Deployment): TaskSettings {
  const definition = deployment.byId(String(properties['TaskDefinition']))
  if (!definition)
    throw new Error(`${path} runs task definition ${properties['TaskDefinition']}, which is not there`)
  return taskSettings(definition)
}

/** What every container of ECS has: its region, and a way to the rights of the task's role. */
function ofAws({ id }: TaskSettings, { dynamoDb }: Place): Record<string, string> {
  return {
    AWS_REGION: pseudo['AWS::Region'] ?? '',
    ...(dynamoDb && {
      AWS_ENDPOINT_URL_DYNAMODB: dynamoDb,
      AWS_ACCESS_KEY_ID: id,
      AWS_SECRET_ACCESS_KEY: 'not-a-secret',
    }),
  }
}

/** What ECS puts into a container's variables, with the rights of the task's execution role. */
function secretVariables(
  { path, secrets, executionRole }: TaskSettings,
  deployment: Deployment,
  place: Place,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(secrets).map(([name, from]) => {
      const [, arn = '', key = ''] = /^(.*):([^:]*):[^:]*:[^:]*$/.exec(from) ?? []
      const value = place.secrets.get(arn)
      if (value === undefined) throw new Error(`${path} takes ${name} from ${from}: there is no such secret`)
      if (!mayReadSecret(deployment, executionRole, arn))
        throw new Error(`${path} takes ${name} from ${arn}, which its execution role may not read`)
      const found = JSON.parse(value)[key]
      if (typeof found !== 'string')
        throw new Error(`${path} takes ${name} from key ${key} of ${arn}: there is no such key`)
      return [name, found]
    }),
  )
}
