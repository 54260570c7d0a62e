import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** What the agent answers: the last does nothing with the request and never answers. */
export type AgentMood = 'grants' | 'refuses' | 'fails' | 'throttles' | 'hangs'

/** What a worker asked for. */
export interface ProtectionRequest {
  readonly ProtectionEnabled: boolean
  readonly ExpiresInMinutes?: number
}

/** A stand-in for the task protection endpoint of ECS's container agent. */
export interface TestEcsAgent extends AsyncDisposable {
  /** What ECS sets as ECS_AGENT_URI. */
  readonly uri: string
  mood: AgentMood
  /** All requests so far, in order, whatever was answered. */
  readonly requests: readonly ProtectionRequest[]
}

/** Answers as in the agent's source: amazon-ecs-agent, ecs-agent/tmds/handlers/taskprotection/v1. */
const answers: Readonly<Record<Exclude<AgentMood, 'grants' | 'hangs'>, [status: number, body: object]>> = {
  refuses: [403, { error: { Arn: 'arn', Code: 'AccessDeniedException', Message: 'not authorized' } }],
  // ECS answers a failed request with 200 too
  fails: [200, { failure: { Arn: 'arn', Detail: null, Reason: 'TASK_NOT_VALID' } }],
  throttles: [400, { error: { Arn: 'arn', Code: 'ThrottlingException', Message: 'Rate exceeded' } }],
}

/** Starts one on the loopback address. */
export async function startEcsAgent(mood: AgentMood = 'grants'): Promise<TestEcsAgent> {
  const requests: ProtectionRequest[] = []
  const server = createServer(async (request, response) => {
    const body: ProtectionRequest = JSON.parse(await text(request))
    const expected = request.method === 'PUT' && request.url === '/api/0a1b/task-protection/v1/state'
    requests.push(
      expected ? body : ({ ...body, unexpected: `${request.method} ${request.url}` } as ProtectionRequest),
    )
    if (agent.mood === 'hangs') return
    const granted = { protection: { ProtectionEnabled: body.ProtectionEnabled, TaskArn: 'arn' } }
    const [status, answer] = agent.mood === 'grants' ? [200, granted] : answers[agent.mood]
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const agent: TestEcsAgent = {
    uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/0a1b`,
    mood,
    requests,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
  return agent
}
