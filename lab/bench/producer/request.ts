/** A request of so many tasks, each with a payload of so many bytes. */
export interface RequestShape {
  readonly tasks: number
  readonly bytes: number
}

/** What of an HTTP API's event the producer looks at. */
export interface RequestEvent {
  readonly rawPath: string
  readonly headers: Readonly<Record<string, string>>
  readonly requestContext: { readonly http: { readonly method: string } }
  readonly body: string
  readonly isBase64Encoded: boolean
}

/** The event that an HTTP API makes of the request. It names no ids: the producer gives them. */
export function eventOf({ tasks, bytes }: RequestShape): RequestEvent {
  const rest = { rounds: 1, text: '' }
  const text = 'x'.repeat(bytes - JSON.stringify(rest).length)
  const all = Array.from({ length: tasks }, () => ({ type: 'digest', payload: { ...rest, text } }))
  return {
    rawPath: '/tasks',
    headers: { 'content-type': 'application/json' },
    requestContext: { http: { method: 'POST' } },
    body: JSON.stringify({ tasks: all }),
    isBase64Encoded: false,
  }
}
