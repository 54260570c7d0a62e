import { startLambda } from './lambda.ts'
import { startProducer } from './producer.ts'
import { until } from './until.ts'
import { startWorker } from './worker-process.ts'

/** A service that reaches the broker when told to. */
export interface BrokerClient extends AsyncDisposable {
  /** Makes it use the broker. @throws Error with what it says of a broker that refuses it. */
  reach(): Promise<void>
  /** Ends it, and gives all that it has told the outside. */
  said(): Promise<string>
}

/** What a client is given to start with. */
export interface BrokerClientOptions {
  /** Folder of the bundles. */
  readonly bundles: string
  /** Where the broker is; no credentials. */
  readonly place: Readonly<Record<string, string>>
  /** Where the credentials are, for those that read their secret themselves. */
  readonly secret: Readonly<Record<string, string>>
  /** The credentials, read from the secret each time: as ECS does when it starts a task. */
  readonly readSecret: () => Readonly<Record<string, string>>
}

async function producer({ bundles, place, secret }: BrokerClientOptions): Promise<BrokerClient> {
  const process = await startProducer(bundles, { ...place, ...secret })
  const answers: unknown[] = []
  return {
    async reach() {
      const { status, body } = await process.post({ type: 'sleep', payload: { ms: 1 } })
      answers.push(body)
      if (status !== 202)
        throw new Error(`${status}: ${(await process.line(({ reason }) => reason !== undefined)).reason}`)
    },
    said: async () => JSON.stringify([answers, await process.stop()]),
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  }
}

/** Started again when it has ended with code 1, as ECS does. */
async function worker({ bundles, place, readSecret }: BrokerClientOptions): Promise<BrokerClient> {
  const start = () => startWorker(bundles, { ...place, ...readSecret() })
  const processes = [start()]
  let reached = 0
  const reach = async () => {
    const process = processes.at(-1)
    const had = reached
    const line = await Promise.race([process?.line('consuming', { count: had + 1 }), process?.exit()])
    if (typeof line === 'object') reached += 1
    else {
      const log = await process?.whole()
      const refusal = log?.lines.find(({ msg }) => msg.startsWith('access refused'))
      if (line !== 1 || had === 0) throw new Error(`${line}: ${refusal?.['reason']}`)
      reached = 0
      processes.push(start())
      await reach()
    }
  }
  return {
    reach,
    async said() {
      processes.at(-1)?.kill('SIGTERM')
      return JSON.stringify(await Promise.all(processes.map((process) => process.whole())))
    },
    async [Symbol.asyncDispose]() {
      for (const process of processes) await process[Symbol.asyncDispose]()
    },
  }
}

function lambda(
  name: 'operator' | 'probe',
  { bundles, place, secret }: BrokerClientOptions,
  event: object,
): BrokerClient {
  const process = startLambda(bundles, name, { ...place, ...secret, METRICS_NAMESPACE: 'test' })
  const answers: unknown[] = []
  return {
    async reach() {
      // the broker has figures of a new queue only after some seconds
      const answer = await until(
        async () => {
          const answer = await process.invoke(event)
          answers.push(answer)
          return !answer.error?.includes('has no figures') && answer
        },
        { within: 60, what: `the ${name} to get an answer` },
      )
      if (answer.error) throw new Error(answer.error)
    },
    async said() {
      await process.end()
      return JSON.stringify([answers, process.output()])
    },
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  }
}

/** The services that log in to the broker, by role. */
export const brokerClients = {
  producer,
  worker,
  operator: async (options: BrokerClientOptions) => lambda('operator', options, { action: 'count' }),
  probe: async (options: BrokerClientOptions) => lambda('probe', options, {}),
}
