import type { Assembly } from '../../ops/assembly.ts'
import type { Docker } from '../../test/support/docker.ts'
import { type Caller, callerOf, routesOf, startApi } from './api.ts'
import { type RehearsalBroker, startBroker } from './broker.ts'
import type { JsonLine } from './child.ts'
import { functionArn, type RunningFunction } from './function.ts'
import { functionStarter, type Started, scheduledOf } from './functions.ts'
import { describeImage, type Image } from './image.ts'
import { createLedger, type Ledger } from './ledger.ts'
import type { PhaseClock } from './phase-clock.ts'
import { createSecrets, type Place, physicalOf } from './place.ts'
import { type Deployment, deploymentOf } from './resolve.ts'
import type { Service } from './service.ts'
import { createBroker, createTopology } from './topology.ts'
import { createServices } from './workers.ts'

export interface StageOptions {
  readonly assembly: Assembly
  readonly engine: Promise<Docker>
  /** By how much the template's minutes are shorter. */
  readonly factor: number
  readonly say: (line: string) => void
  readonly clock: PhaseClock
  /** What is started is ended when this is. */
  readonly stack: AsyncDisposableStack
}

/** A deployed assembly that runs on this machine; its services have no task yet. */
export interface Stage {
  readonly deployment: Deployment
  readonly broker: RehearsalBroker
  readonly caller: Caller
  readonly operator: RunningFunction
  readonly probe: { readonly everySeconds: number; run(): Promise<readonly JsonLine[]> }
  readonly services: readonly Service[]
  readonly images: readonly Image[]
  readonly ledger: Ledger
  /** Rejects when a task of a service ended and nobody had stopped it, or the API's function threw. */
  readonly failure: Promise<never>
}

/** Starts what the templates say, in the order of a deployment. */
export async function setStage(options: StageOptions): Promise<Stage> {
  const { assembly, engine, factor, say, clock, stack } = options
  const place: Place = { secrets: new Map() }
  const deployment = deploymentOf(assembly, physicalOf(place))
  createSecrets(deployment, place)
  const starting = startBroker(say)
  stack.defer(() =>
    starting.then(
      (started) => started.stop(),
      () => undefined,
    ),
  )
  const broker = await starting
  place.broker = broker
  await createBroker(deployment.one('AWS::AmazonMQ::Broker'), broker)
  say(`RabbitMQ ${broker.version} with TLS, ${broker.how}`)

  const start = await functionStarter(deployment, place, assembly, stack)
  const topology = await createTopology(deployment, start)
  say(`${topology.path}: queues, users and policies applied`)
  clock.ended('broker and topology')

  const docker = await engine
  const failure = Promise.withResolvers<never>()
  failure.promise.catch(() => undefined)
  const ledger = createLedger()
  const onDeath = failure.reject
  const { services, images } = await createServices(deployment, {
    ...{ assembly, docker, place, factor, ledger, onDeath, stack },
  })
  for (const service of services) stack.defer(() => service.remove())
  for (const image of images) say(`worker image: ${describeImage(image)}; ${docker.how}`)
  clock.ended('Docker and image')

  const routes = routesOf(deployment)
  const functions = new Map<string, Started>()
  for (const arn of new Set(routes.map((route) => route.functionArn))) functions.set(arn, await start(arn))
  const api = await startApi(routes, functions, failure.reject)
  stack.defer(() => api.close())
  place.api = api.url
  const { arn, everySeconds } = scheduledOf(deployment)
  // each of its looks is a run of its own here
  const probe = await start(arn, { PROBE_SECONDS: '60' })
  return {
    ...{ deployment, broker, services, images, ledger, failure: failure.promise },
    caller: callerOf(deployment.output('Endpoint')),
    operator: await start(functionArn(deployment.output('OperatorFunctionName'))),
    probe: {
      everySeconds,
      async run() {
        probe.lines.length = 0
        await probe.invoke({})
        return probe.lines
      },
    },
  }
}
