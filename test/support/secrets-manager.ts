import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A stand-in for AWS Secrets Manager that holds one secret. */
export interface TestSecretsManager extends AsyncDisposable {
  /** What the secret holds; undefined makes it one that does not exist. */
  secret: string | undefined
  /** How often it was read. */
  readonly reads: number
  /** The variables with which the AWS SDK asks here. */
  readonly variables: Readonly<Record<string, string>>
}

/** Starts one on the loopback address. */
export async function startSecretsManager(secret: string | undefined): Promise<TestSecretsManager> {
  let reads = 0
  const server = createServer((request, response) => {
    request.resume()
    reads += 1
    const found = manager.secret !== undefined
    response.writeHead(found ? 200 : 400, { 'content-type': 'application/x-amz-json-1.1' })
    response.end(
      JSON.stringify(found ? { SecretString: manager.secret } : { __type: 'ResourceNotFoundException' }),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const manager: TestSecretsManager = {
    secret,
    get reads() {
      return reads
    },
    variables: {
      BROKER_SECRET_ARN: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:producer',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${port}`,
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
  return manager
}
