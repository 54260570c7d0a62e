import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { keptTiming } from '../../services/amqp/kept-connection.ts'
import { workerEnvironment } from '../../services/contract/environment.ts'
import { confirmMs } from '../../services/producer/publisher.ts'
import { protectionTiming } from '../../services/worker/protection.ts'
import { workerTiming } from '../../services/worker/worker.ts'
import { environmentNames, resourcesOf, templates } from './synth.ts'

/** Times that stand in different places and hold only together. In seconds. */

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const gatewaySeconds = 30
interface Container {
  readonly StopTimeout: number
  readonly Environment: readonly { readonly Name: string; readonly Value: string }[]
}

const drainSeconds = workerEnvironment.shape.DRAIN_SECONDS.parse(undefined)

test('two tries of a request, connections included, end before the producer does, and that before API Gateway', () => {
  const triesSeconds = 2 * (keptTiming.timeoutSeconds + confirmMs / 1_000)
  for (const name of environmentNames) {
    const [producer] = resourcesOf(templates(name).workQueue, 'AWS::Lambda::Function').filter(([id]) =>
      id.startsWith('ProducerApi'),
    )
    const seconds = producer?.[1].Properties['Timeout']
    expect(seconds).toBeGreaterThan(triesSeconds)
    expect(seconds).toBeLessThan(gatewaySeconds)
  }
})

test('a dead line is noticed when the guarantees say so', () => {
  const guarantees = readFileSync('docs/at-least-once.md', 'utf8')
  expect(guarantees).toContain(`after two missed heartbeats, ${2 * workerTiming.heartbeatSeconds} s`)
})

test('a task is protected before it is too long to end within the drain', () => {
  expect(protectionTiming.longMs / 1_000).toBeLessThan(drainSeconds)
})

test('every worker may drain for as long as it believes', () => {
  for (const name of environmentNames)
    for (const [, { Properties }] of resourcesOf(templates(name).workQueue, 'AWS::ECS::TaskDefinition')) {
      const [worker] = Properties['ContainerDefinitions'] as Container[]
      const said = worker?.Environment.find(({ Name }) => Name === 'DRAIN_SECONDS')?.Value
      expect(worker?.StopTimeout).toBeGreaterThan(workerEnvironment.shape.DRAIN_SECONDS.parse(said))
    }
})
