/**
 * The one client of RabbitMQ's management API: https://www.rabbitmq.com/docs/http-api-reference
 */

/** Where the management API is, and as whom to speak. */
export interface Management {
  /** `https://host:port`, without credentials; with the path prefix that RabbitMQ has been given, if any. */
  readonly url: string
  readonly username: string
  readonly password: string
}

/** The broker answered, but not with success. The message holds what it said, and never a password. */
export class ManagementError extends Error {
  override readonly name = 'ManagementError'
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

const requestSeconds = 15

/**
 * One request; the parsed body of the answer, undefined where it has none.
 * @param path below `/api/`, its parts encoded: see {@link path}.
 * @throws ManagementError when the broker answers with anything but success; an Error whose cause has a `code` when it
 * cannot be reached or its certificate is not good; a TimeoutError when it does not answer within 15 seconds.
 */
export async function manage(
  broker: Management,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<unknown> {
  const credentials = Buffer.from(`${broker.username}:${broker.password}`).toString('base64')
  const request = fetch(`${broker.url}/api/${path}`, {
    method,
    headers: { authorization: `Basic ${credentials}`, 'content-type': 'application/json' },
    signal: AbortSignal.timeout(requestSeconds * 1_000),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const response = await request.catch((error) => explain(broker.url, error))
  const text = await response.text()
  if (!response.ok) {
    const said = `${method} /api/${path} as ${broker.username}: ${response.status} ${reason(text)}`.trim()
    throw new ManagementError(response.status, `the broker answered ${said}`)
  }
  return text === '' ? undefined : JSON.parse(text)
}

/** `fetch` itself only says that it failed. */
function explain(url: string, error: unknown): never {
  if (!(error instanceof TypeError && error.cause instanceof Error)) throw error
  const { cause } = error
  const why = cause.message || ('code' in cause ? cause.code : 'no reason given')
  throw new Error(`the broker at ${url} cannot be reached: ${why}`, { cause })
}

/** Encodes the parts of a path: `path('queues', '/', 'tasks')` is `queues/%2F/tasks`. */
export function path(...parts: readonly string[]): string {
  return parts.map(encodeURIComponent).join('/')
}

/** The broker answers with `{ "error", "reason" }`, a proxy before it perhaps with a page. */
function reason(text: string): string {
  try {
    const { reason, error } = JSON.parse(text)
    return String(reason ?? error ?? text).slice(0, 500)
  } catch {
    return text.slice(0, 200)
  }
}
