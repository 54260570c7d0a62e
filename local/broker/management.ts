/** Where a management API is, and who asks. */
export interface ManagementAccess {
  /** http://host:port, without credentials. */
  readonly url: string
  readonly username: string
  readonly password: string
}

/** The management API's refusal of a request. */
export class ManagementError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.name = 'ManagementError'
    this.status = status
  }
}

/**
 * Sends one request to RabbitMQ's management API and gives the answer's body, parsed; undefined when it is empty.
 *
 * @throws ManagementError when it refuses; another Error when it cannot be reached within ten seconds
 */
export async function manage(
  access: ManagementAccess,
  method: 'GET' | 'PUT' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<unknown> {
  const credentials = Buffer.from(`${access.username}:${access.password}`).toString('base64')
  const response = await fetch(`${access.url}/api/${path}`, {
    method,
    headers: { authorization: `Basic ${credentials}`, 'content-type': 'application/json' },
    signal: AbortSignal.timeout(10_000),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok)
    throw new ManagementError(
      response.status,
      `${method} /api/${path}: ${response.status} ${text.slice(0, 300)}`,
    )
  return text === '' ? undefined : JSON.parse(text)
}
