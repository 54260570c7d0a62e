import type { Client } from '../../client/src/client.ts'
import { type Assembly, ofType } from '../../ops/assembly.ts'
import type { Docker } from '../../test/support/docker.ts'
import { callerOf, routesOf, startApi } from './api.ts'
import { type RehearsalBroker, startBroker } from './broker.ts'
import type { JsonLine } from './child.ts'
import { functionArn, type RunningFunction } from './function.ts'
import { functionStarter, type Started, type Starter, scheduledOf } from './functions.ts'
import { describeImage, type Image } from './image.ts'
import { createLedger, type Ledger } from './ledger.ts'
import type { PhaseClock } from './phase-clock.ts'
import { createSecrets, type Place, physicalOf } from './place.ts'
import { type Deployment, deploymentOf } from './resolve.ts'
import type { Service } from './service.ts'
import { createTables } from './tables.ts'
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

/** A work queue with its workers and functions; its services have no task yet. */
export interface QueueStage {
  /** Its own stack, and those that all queues share. */
  readonly deployment: Deployment
  readonly broker: RehearsalBroker
  readonly operator: RunningFunction
  readonly probe: { readonly everySeconds: number; run(): Promise<readonly JsonLine[]> }
  readonly services: readonly Service[]
}

/** A deployed assembly that runs on this machine: its default queue, and more. */
export interface Stage extends QueueStage {
  readonly moreQueues: readonly QueueStage[]
  readonly caller: Client
  readonly images: readonly Image[]
  readonly ledger: Ledger
  /**
   * Rejects when a task of a service ended and nobody had stopped it, the API's function threw, or somebody did in a
   * table what its role may not.
   */
  readonly failure: Promise<never>
}

/** Starts what the templates say, in the order of a deployment. */
export async function setStage(options: StageOptions): Promise<Stage> {
  const { assembly, engine, factor, say, clock, stack } = options
  const values = new Map<string, string>()
  const queues = queuesIn(assembly).map((each) => {
    const place: Place = { secrets: new Map() }
    const deployment = deploymentOf(each, physicalOf(place))
    createSecrets(deployment, place, values)
    return { place, deployment }
  })
  const main = queues.at(-1)
  if (!main) throw new Error('the assembly has no work queue')
  const starting = startBroker(say)
  stack.defer(() =>
    starting.then(
      (started) => started.stop(),
      () => undefined,
    ),
  )
  const broker = await starting
  for (const { place } of queues) place.broker = broker
  await createBroker(main.deployment.one('AWS::AmazonMQ::Broker'), broker)
  say(`RabbitMQ ${broker.version} with TLS, ${broker.how}`)
  const failure = Promise.withResolvers<never>()
  failure.promise.catch(() => undefined)
  for (const name of await createTables(queues, failure.reject, stack)) say(`table ${name} in dynalite`)

  const starters: Starter[] = []
  for (const { place, deployment } of queues) {
    const start = await functionStarter(deployment, place, assembly, stack)
    const topology = await createTopology(deployment, start)
    say(`${topology.path}: queues, users and policies of ${deployment.output('QueueName')} applied`)
    starters.push(start)
  }
  clock.ended('broker and topology')

  const docker = await engine
  const ledger = createLedger()
  const onDeath = failure.reject
  const { services, images } = await createServices(queues, {
    ...{ assembly, docker, factor, ledger, onDeath, stack },
  })
  for (const service of services.flat()) stack.defer(() => service.remove())
  for (const image of images) say(`worker image: ${describeImage(image)}; ${docker.how}`)
  clock.ended('Docker and image')

  const stages: QueueStage[] = []
  for (const [at, { deployment }] of queues.entries()) {
    const start = starters[at] as Starter
    const common = { deployment, broker, services: services[at] ?? [] }
    stages.push({ ...common, ...(await startFunctions(deployment, start)) })
  }
  const start = starters.at(-1) as Starter
  const routes = routesOf(main.deployment)
  const functions = new Map<string, Started>()
  for (const arn of new Set(routes.map((route) => route.functionArn))) functions.set(arn, await start(arn))
  const api = await startApi(routes, functions, failure.reject)
  stack.defer(() => api.close())
  main.place.api = api.url
  return {
    ...{ ...(stages.at(-1) as QueueStage), moreQueues: stages.slice(0, -1) },
    ...{ images, ledger, failure: failure.promise },
    caller: callerOf(main.deployment.output('Endpoint')),
  }
}

/** The assembly of each work queue: its stack, and the stacks that all share. The default one is deployed last. */
function queuesIn(assembly: Assembly): Assembly[] {
  const queues = assembly.stacks.filter((stack) => ofType([stack], 'Custom::QueueTopology').length > 0)
  const shared = assembly.stacks.filter((stack) => !queues.includes(stack))
  return queues.map((stack) => ({ ...assembly, stacks: [...shared, stack] }))
}

async function startFunctions(
  deployment: Deployment,
  start: Starter,
): Promise<Pick<QueueStage, 'operator' | 'probe'>> {
  const { arn, everySeconds } = scheduledOf(deployment)
  // each of its looks is a run of its own here
  const probe = await start(arn, { PROBE_SECONDS: '60' })
  return {
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
