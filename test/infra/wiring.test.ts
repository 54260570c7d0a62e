import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type * as z from 'zod'
import { bundle } from '../../infra/bundle/bundle.ts'
import { namesOf } from '../../infra/names.ts'
import {
  operatorEnvironment,
  parseEnvironment,
  probeEnvironment,
  producerEnvironment,
  topologyEnvironment,
  workerEnvironment,
} from '../../services/contract/environment.ts'
import { ledgerEnvironment, ledgerWorkerEnvironment } from '../../services/contract/ledger-environment.ts'
import { retryDefaults } from '../../services/contract/topology.ts'
import { topologyProperties } from '../../services/contract/topology-resource.ts'
import { tracingEnvironment } from '../../services/contract/tracing.ts'
import { tasksEnvironment } from '../../services/tasks/environment.ts'
import { resolver } from './resolve.ts'
import { type EnvironmentName, environment, environmentNames, resourcesOf, templates } from './synth.ts'

/** The services' functions, each with the start of its logical id and the schema that it reads its environment by. */
const functions: Readonly<Record<string, readonly [id: string, schema: z.ZodObject]>> = {
  producer: ['ProducerApiProducerFunction', producerEnvironment],
  topology: ['TopologyFunction', topologyEnvironment],
  probe: ['QueueProbeFunction', probeEnvironment],
  operator: ['OperatorFunction', operatorEnvironment],
}

const resolved = (name: EnvironmentName, type: string) => {
  const { workQueue } = templates(name)
  const resolve = resolver(workQueue, templates(name))
  // biome-ignore lint/suspicious/noExplicitAny: a template's properties have whatever shape their type has
  return resourcesOf(workQueue, type).map(([id, { Properties }]) => [id, resolve(Properties) as any] as const)
}
const functionOf = (name: EnvironmentName, id: string) => {
  const found = resolved(name, 'AWS::Lambda::Function').find(([each]) => each.startsWith(id))
  if (!found) throw new Error(`no function ${id}`)
  return found[1]
}
/** The keys of each secret that the template makes, by its ARN. */
const secretKeys = (name: EnvironmentName) =>
  new Map(
    resolved(name, 'AWS::SecretsManager::Secret').map(([id, { GenerateSecretString: made }]) => [
      `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${id}`,
      [...Object.keys(JSON.parse(made.SecretStringTemplate)), made.GenerateStringKey],
    ]),
  )

/** What finds the ledger beside its own. */
const keepers: ReadonlySet<unknown> = new Set([producerEnvironment, operatorEnvironment])

describe.each(environmentNames)('%s', (name) => {
  const { queue, workers, ledger } = environment(name).workQueue
  const ofLedger = ledger ? Object.keys(ledgerEnvironment.shape) : []

  test.each(Object.entries(functions))('the %s function can read its environment', (_, [id, schema]) => {
    const { Variables } = functionOf(name, id).Environment
    const parsed = parseEnvironment(schema, Variables)
    expect(parsed).toMatchObject({ QUEUE_NAME: queue })
    // it has a default, which happens to be the name
    expect(Variables).toHaveProperty('QUEUE_NAME')
    if ('METRICS_NAMESPACE' in schema.shape)
      expect(parsed).toMatchObject({ METRICS_NAMESPACE: namesOf(name).metricsNamespace })
    if (Variables.BROKER_URL) expect(Variables.BROKER_URL).toBe('amqps://b-1234.mq.eu-central-1.on.aws:5671')
    if (Variables.BROKER_MANAGEMENT_URL)
      expect(Variables.BROKER_MANAGEMENT_URL).toBe('https://b-1234.mq.eu-central-1.on.aws:443')
    if (Variables.BROKER_SECRET_ARN)
      expect(secretKeys(name).get(Variables.BROKER_SECRET_ARN)).toEqual(['username', 'password'])
  })

  test.each(Object.entries(functions))(
    'the %s function is given no variable that it does not know',
    (_, [id, schema]) => {
      const { Variables } = functionOf(name, id).Environment
      const ofTracing = id.startsWith('ProducerApi') ? Object.keys(tracingEnvironment.shape) : []
      const own = [...Object.keys(schema.shape), ...ofTracing, 'NODE_OPTIONS']
      const known = keepers.has(schema) ? [...own, ...ofLedger] : own
      expect(Object.keys(Variables).filter((variable) => !known.includes(variable))).toEqual([])
    },
  )

  test('every worker can read its environment, and the handlers theirs', () => {
    const parsed = resolved(name, 'AWS::ECS::TaskDefinition').map(([, { ContainerDefinitions }]) => {
      const [{ Environment, Secrets }] = ContainerDefinitions
      const variables = Object.fromEntries(
        Environment.map(({ Name, Value }: Record<string, string>) => [Name, Value]),
      )
      for (const { Name, ValueFrom } of Secrets) {
        // a secret that is given has no fields that we know
        if (ValueFrom === environment(name).tracing?.headersSecret) continue
        const [, arn, key] = /^(.*:secret:[^:]+):(\w+)::$/.exec(ValueFrom) ?? []
        expect(secretKeys(name).get(arn ?? '')).toContain(key)
        variables[Name] = `a ${key}`
      }
      parseEnvironment(tasksEnvironment, variables)
      expect(variables).toHaveProperty('QUEUE_NAME')
      if (ledger)
        expect(
          parseEnvironment(ledgerWorkerEnvironment.extend(ledgerEnvironment.shape), variables),
        ).toMatchObject({ LEDGER_DAYS: ledger.days, DELIVERY_LIMIT: retryDefaults.deliveryLimit })
      else expect(variables).not.toHaveProperty('LEDGER_TABLE')
      return parseEnvironment(workerEnvironment, variables)
    })
    expect(parsed).toMatchObject(
      workers.map((worker) => ({
        WORKER_CLASS: worker.name,
        QUEUE_NAME: queue,
        METRICS_NAMESPACE: namesOf(name).metricsNamespace,
        WORKER_ACK: 'manual',
        WORKER_PREFETCH: 1,
        BROKER_USERNAME: 'a username',
        BROKER_PASSWORD: 'a password',
      })),
    )
  })

  test('who sends spans can read where to', () => {
    const { tracing } = environment(name)
    const { Variables } = functionOf(name, 'ProducerApi').Environment
    const containers = resolved(name, 'AWS::ECS::TaskDefinition').map(
      ([
        ,
        {
          ContainerDefinitions: [first],
        },
      ]) =>
        Object.fromEntries(first.Environment.map(({ Name, Value }: Record<string, string>) => [Name, Value])),
    )
    const { region = 'eu-central-1' } = environment(name)
    const address = {
      xray: `https://xray.${region}.amazonaws.com/v1/traces`,
      otlp: tracing?.endpoint,
    }
    for (const variables of [Variables, ...containers]) {
      const parsed = parseEnvironment(tracingEnvironment, variables)
      expect(parsed.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT).toBe(tracing && address[tracing.to])
      expect(parsed.TRACES_XRAY_REGION).toBe(tracing?.to === 'xray' ? region : undefined)
    }
  })

  test('the topology gets properties that it can read, with a secret of ours for each broker user', () => {
    const [[, { ServiceToken, ServiceTimeout, ...properties }] = ['', {}]] = resolved(
      name,
      'Custom::QueueTopology',
    )
    const { definitions, users } = topologyProperties.parse(properties)
    expect(users.map((user) => user.name)).toEqual(
      JSON.parse(definitions).users.map((user: { name: string }) => user.name),
    )
    for (const { name: user, secretArn } of users) {
      const secret = resolved(name, 'AWS::SecretsManager::Secret').find(([id]) => secretArn.endsWith(id))
      expect(JSON.parse(secret?.[1].GenerateSecretString.SecretStringTemplate)).toEqual({ username: user })
    }
  })

  test('every service works in the vhost where the topology is', () => {
    const [[, properties] = ['', {}]] = resolved(name, 'Custom::QueueTopology')
    const made = JSON.parse(topologyProperties.parse(properties).definitions)
    const places = [...made.queues, ...made.exchanges, ...made.permissions]
    const [vhost, ...others] = new Set(places.map((each: { vhost: string }) => each.vhost))
    expect(others).toEqual([])
    for (const [id, schema] of Object.values(functions))
      if ('BROKER_VHOST' in schema.shape)
        expect(parseEnvironment(schema, functionOf(name, id).Environment.Variables)).toMatchObject({
          BROKER_VHOST: vhost,
        })
    for (const [, { ContainerDefinitions }] of resolved(name, 'AWS::ECS::TaskDefinition')) {
      const [{ Environment }] = ContainerDefinitions
      const said = Environment.find(({ Name }: { Name: string }) => Name === 'BROKER_VHOST')?.Value
      expect(workerEnvironment.shape.BROKER_VHOST.parse(said)).toBe(vhost)
    }
  })

  test('the topology restarts services that exist', () => {
    const { WORKER_SERVICES } = parseEnvironment(
      topologyEnvironment,
      functionOf(name, 'TopologyFunction').Environment.Variables,
    )
    const services = resolved(name, 'AWS::ECS::Service').map(([, { Cluster, ServiceName }]) => ({
      cluster: Cluster,
      service: ServiceName,
    }))
    expect(WORKER_SERVICES).toEqual(services)
  })

  test('the probe wakes the classes that can be at zero', () => {
    const { WAKE_UP } = parseEnvironment(
      probeEnvironment,
      functionOf(name, 'QueueProbeFunction').Environment.Variables,
    )
    expect(WAKE_UP.map((each) => each.class)).toEqual(
      workers.filter(({ minTasks }) => minTasks === 0).map((worker) => worker.name),
    )
  })
})

test('every function’s handler is in its bundle, and the image has what it copies and starts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'warren-bundle-'))
  try {
    const { lambda, worker, metafiles } = bundle(folder)
    for (const name of ['producer', 'topology', 'probe', 'operator'] as const) {
      expect(existsSync(join(lambda(name), 'index.mjs'))).toBe(true)
      const outputs = Object.entries(metafiles[name].outputs)
      expect(outputs.find(([path]) => path.endsWith('index.mjs'))?.[1].exports).toContain('handler')
    }
    for (const file of ['Dockerfile', 'main.mjs', 'thread.mjs'])
      expect(existsSync(join(worker, file))).toBe(true)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
