import { createClient } from '../../client/src/client.ts'
import { openApiFile } from '../../services/contract/documents/file.ts'
import { outputOf } from './account.ts'
import { account } from './emulator.ts'
import type { Stage } from './stage.ts'

/** What the deployed API answers once there is a ledger, and its routes. @throws Error with an answer that is not as it must be */
export async function askLedger(stage: Stage, workQueue: string): Promise<Record<string, string>> {
  const endpoint = await outputOf(stage, workQueue, 'Endpoint')
  const credentials = { accessKeyId: account.id, secretAccessKey: 'not-a-secret' }
  const client = createClient({ endpoint, credentials, region: account.region, deadlineSeconds: 0 })
  const id = await client.send('sleep', { ms: 1 })
  // nothing takes tasks here: it waits until the request has lasted its second
  const { state, tries } = await client.wait(id, { timeoutSeconds: 1 })
  return {
    'GET /tasks/{id}': `${state}, ${tries} tries`,
    [`GET /${openApiFile}`]: await documented(stage, endpoint),
    routes: await routes(stage, endpoint),
  }
}

/** What API Gateway leads to the function by a route of its own: the function answers what comes by `$default` too. */
async function routes({ clients }: Stage, endpoint: string): Promise<string> {
  const [, api] = /\/execute-api\/([^/]+)\//.exec(endpoint) ?? []
  const { items } = JSON.parse(await clients.request('apigateway', `/v2/apis/${api}/routes`))
  return items
    .map(({ routeKey }: { routeKey: string }) => routeKey)
    .sort()
    .join(', ')
}

/** The paths in the API's description of itself. */
async function documented({ clients }: Stage, endpoint: string): Promise<string> {
  const { pathname } = new URL(endpoint)
  const { paths } = JSON.parse(await clients.request('execute-api', `${pathname}/${openApiFile}`))
  return Object.keys(paths).sort().join(', ')
}
