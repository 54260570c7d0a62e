import { Template } from 'aws-cdk-lib/assertions'
import { describe, expect, test } from 'vitest'
import type { Environment } from '../../infra/settings/environment.ts'
import { allResources, environment, environmentNames, resourcesOf, stacks } from './synth.ts'

const traced = environmentNames.filter((name) => environment(name).tracing !== undefined)
const untraced = environmentNames.filter((name) => environment(name).tracing === undefined)

const list = <Item>(value: Item | Item[]): Item[] => (Array.isArray(value) ? value : [value])
const variable = /^(OTEL_|TRACES_)/

/** What a template says of tracing, wherever it does. */
function tracesOf(name: (typeof environmentNames)[number]) {
  const policies = allResources(name, 'AWS::IAM::Policy')
  const actions = policies.flatMap(([, { Properties }]) =>
    (Properties.PolicyDocument.Statement as { Action: string | string[] }[]).flatMap(({ Action }) =>
      list(Action),
    ),
  )
  const functions = allResources(name, 'AWS::Lambda::Function').map(([id, { Properties }]) => ({
    id,
    variables: Properties.Environment?.Variables ?? {},
  }))
  const containers = allResources(name, 'AWS::ECS::TaskDefinition').map(([id, { Properties }]) => {
    const [{ Environment: given, Secrets }] = Properties.ContainerDefinitions
    const pairs = (given as { Name: string; Value: unknown }[]).map(({ Name, Value }) => [Name, Value])
    return {
      id,
      variables: Object.fromEntries(pairs),
      secrets: Secrets as { Name: string; ValueFrom: unknown }[],
    }
  })
  const endpoints = allResources(name, 'AWS::EC2::VPCEndpoint').filter(([, { Properties }]) =>
    JSON.stringify(Properties.ServiceName).includes('xray'),
  )
  return { actions: actions.filter((action) => action.startsWith('xray:')), functions, containers, endpoints }
}

test.each(untraced)('%s, without tracing, has nothing of it', (name) => {
  const { actions, functions, containers, endpoints } = tracesOf(name)
  const variables = [...functions, ...containers].flatMap(({ variables }) => Object.keys(variables))
  expect([actions, endpoints, variables.filter((each) => variable.test(each))]).toEqual([[], [], []])
})

describe.each(traced)('%s, with tracing,', (name) => {
  const { tracing, network } = environment(name)
  const { actions, functions, containers, endpoints } = tracesOf(name)
  const tracedFunctions = functions.filter(({ variables }) =>
    Object.keys(variables).some((each) => variable.test(each)),
  )

  test('has the producer and all workers send spans to the same address, under names of their own', () => {
    expect(tracedFunctions.map(({ id }) => id)).toEqual([expect.stringMatching(/^ProducerApi/)])
    const all = [...tracedFunctions, ...containers].map(({ variables }) => variables)
    const addresses = new Set(all.map((each) => JSON.stringify(each['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'])))
    expect(addresses.size).toBe(1)
    if (tracing?.to === 'otlp') expect([...addresses]).toEqual([JSON.stringify(tracing.endpoint)])
    else expect([...addresses][0]).toMatch(/https:\/\/xray\..*\/v1\/traces/)
    expect(new Set(all.map((each) => each['OTEL_SERVICE_NAME'])).size).toBe(2)
    expect(new Set(all.map((each) => each['OTEL_TRACES_SAMPLER_ARG']))).toEqual(
      new Set([tracing?.share === undefined ? undefined : String(tracing.share)]),
    )
  })

  test('lets who sends to X-Ray put spans, and nobody anything else of X-Ray’s', () => {
    const each = ['xray:PutSpans', 'xray:PutSpansForIndexing']
    const senders = tracing?.to === 'xray' ? containers.length + 1 : 0
    expect(actions).toEqual(Array.from({ length: senders }, () => each).flat())
    const signed = [...tracedFunctions, ...containers].filter(
      ({ variables }) => 'TRACES_XRAY_REGION' in variables,
    )
    expect(signed).toHaveLength(senders)
  })

  test('has an endpoint for X-Ray where there is no other way to it', () => {
    const needed = tracing?.to === 'xray' && 'egress' in network && network.egress !== 'nat'
    expect(endpoints).toHaveLength(needed ? 1 : 0)
  })

  test('has the headers of a backend in a secret alone, which who sends may read', () => {
    const arn = tracing?.headersSecret
    const given = containers.flatMap(({ secrets }) =>
      secrets
        .filter(({ Name }) => Name === 'OTEL_EXPORTER_OTLP_TRACES_HEADERS')
        .map(({ ValueFrom }) => ValueFrom),
    )
    expect(given).toEqual(arn === undefined ? [] : containers.map(() => arn))
    expect(tracedFunctions.map(({ variables }) => variables['TRACES_HEADERS_SECRET_ARN'])).toEqual([arn])
    const readers = allResources(name, 'AWS::IAM::Policy').filter(([, { Properties }]) =>
      (Properties.PolicyDocument.Statement as { Action: unknown; Resource: unknown }[]).some(
        ({ Action, Resource }) => Action === 'secretsmanager:GetSecretValue' && list(Resource).includes(arn),
      ),
    )
    expect(readers).toHaveLength(arn === undefined ? 0 : containers.length + 1)
  })
})

test('the workers of every queue send spans', () => {
  const change: Partial<Environment> = { tracing: { to: 'xray' } }
  const { workQueue, moreQueues } = stacks('test-three-queues', change)
  for (const stack of [workQueue, ...moreQueues])
    for (const [, { Properties }] of resourcesOf(Template.fromStack(stack), 'AWS::ECS::TaskDefinition'))
      expect(JSON.stringify(Properties)).toContain('TRACES_XRAY_REGION')
})
