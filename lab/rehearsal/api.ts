import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { type Client, createClient } from '../../client/src/client.ts'
import { type HttpFront, startHttpFront } from '../../local/http-front.ts'
import { complaint } from './child.ts'
import type { Started } from './functions.ts'
import { type Deployment, pseudo } from './resolve.ts'

interface Route {
  /** `POST /tasks`, `ANY /{proxy+}`, `$default`. */
  readonly key: string
  readonly authorization: string
  readonly functionArn: string
}

/** The routes of the template's HTTP API, each with the function that it leads to. */
export function routesOf(deployment: Deployment): Route[] {
  return deployment.all('AWS::ApiGatewayV2::Route').map(({ path, properties }) => {
    const target = String(properties['Target']).replace('integrations/', '')
    const integration = deployment.byId(target)
    if (integration?.properties['PayloadFormatVersion'] !== '2.0')
      throw new Error(`${path} leads to ${target}, which is no integration with payload format 2.0`)
    return {
      key: String(properties['RouteKey']),
      authorization: String(properties['AuthorizationType'] ?? 'NONE'),
      functionArn: String(integration.properties['IntegrationUri']),
    }
  })
}

/** The most specific route: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html */
export function routeFor(routes: readonly Route[], method: string, path: string): Route | undefined {
  const exact = routes.find(({ key }) => key === `${method} ${path}`)
  const any = routes.find(({ key }) => key === `ANY ${path}`)
  const greedy = routes.find(({ key }) => key === `${method} /{proxy+}` || key === 'ANY /{proxy+}')
  // what is greedy still wants a part of a path
  return exact ?? any ?? (path === '/' ? undefined : greedy) ?? routes.find(({ key }) => key === '$default')
}

/** HTTP in front of functions, by the template's routes. Looks whether a request is signed, not by whom. */
export function startApi(
  routes: readonly Route[],
  functions: ReadonlyMap<string, Started>,
  onFailure: (error: unknown) => void,
): Promise<HttpFront> {
  const message = (statusCode: number, text: string) => ({
    statusCode,
    body: JSON.stringify({ message: text }),
  })
  const handler = async (event: APIGatewayProxyEventV2) => {
    const route = routeFor(routes, event.requestContext.http.method, event.rawPath)
    if (!route) return message(404, 'Not Found')
    const signed = event.headers['authorization']?.startsWith('AWS4-HMAC-SHA256 ')
    if (route.authorization === 'AWS_IAM' && !signed) return message(403, 'Forbidden')
    const called = functions.get(route.functionArn)
    if (!called) throw new Error(`route ${route.key} leads to ${route.functionArn}, which is not there`)
    const proxy = route.key.endsWith('/{proxy+}') ? { pathParameters: { proxy: event.rawPath.slice(1) } } : {}
    const requestContext = { ...event.requestContext, routeKey: route.key }
    try {
      const result = await called.invoke({ ...event, ...proxy, routeKey: route.key, requestContext })
      if ((result as { statusCode?: number } | null)?.statusCode === 503) onFailure(refusal(called, result))
      return result
    } catch (error) {
      onFailure(error)
      return message(500, 'Internal Server Error')
    }
  }
  return startHttpFront({ handler, port: 0 })
}

/** Nothing in a rehearsal is a reason for a 503. */
function refusal({ path, lines }: Started, result: unknown): Error {
  const wrote = lines.flatMap((line) => complaint(line) ?? []).slice(-4)
  return new Error(
    `${path} answered ${JSON.stringify(result)}; it wrote:\n  ${wrote.join('\n  ') || 'nothing'}`,
  )
}

/** Calls the API as other services do: signed, and once, since nothing in a rehearsal is a reason for a second try. */
export function callerOf(endpoint: string): Client {
  return createClient({
    endpoint,
    region: pseudo['AWS::Region'],
    credentials: { accessKeyId: 'REHEARSAL', secretAccessKey: 'not-a-secret' },
    deadlineSeconds: 0,
  })
}
