import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** A stand-in for AWS Secrets Manager and ECS that keeps what it is asked. */
export interface TestAws extends AsyncDisposable {
  /** What secrets hold, by ARN. */
  readonly secrets: Map<string, string>
  /** Requests to update services, in order. */
  readonly updates: {
    readonly cluster: string
    readonly service: string
    readonly forceNewDeployment: boolean
  }[]
  /** Services that are refused. */
  readonly refused: Set<string>
  /** The variables with which the AWS SDK asks here. */
  readonly variables: Readonly<Record<string, string>>
}

/** Starts one on the loopback address. */
export async function startAws(): Promise<TestAws> {
  const secrets = new Map<string, string>()
  const updates: TestAws['updates'] = []
  const refused = new Set<string>()
  const answer = (target: string, body: { SecretId: string } & TestAws['updates'][number]) => {
    if (target.endsWith('.UpdateService')) {
      updates.push(body)
      return refused.has(body.service) ? { __type: 'ServiceNotFoundException' } : { service: {} }
    }
    const secret = secrets.get(body.SecretId)
    return secret === undefined ? { __type: 'ResourceNotFoundException' } : { SecretString: secret }
  }
  const server = createServer(async (request, response) => {
    const found = answer(String(request.headers['x-amz-target']), JSON.parse(await text(request)))
    response.writeHead('__type' in found ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' })
    response.end(JSON.stringify(found))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    secrets,
    updates,
    refused,
    variables: {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoint,
      AWS_ENDPOINT_URL_ECS: endpoint,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
