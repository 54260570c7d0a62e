/** A problem document (https://www.rfc-editor.org/rfc/rfc9457), or what API Gateway says in its place. */
export interface Problem {
  readonly title?: string
  readonly status?: number
  readonly detail?: string
  /** API Gateway's own answers have this instead. */
  readonly message?: string
  /** With 400: what is wrong, by task and JSON pointer. `index` is null where the request itself is wrong. */
  readonly errors?: readonly {
    readonly index: number | null
    readonly path: string
    readonly message: string
  }[]
  /** Further members depend on the status. */
  readonly [member: string]: unknown
}

/** What came of one request. */
export interface Answer {
  /** Undefined where there was no answer: the request may have been carried out all the same. */
  readonly status: number | undefined
  /** The body as JSON; undefined where it is none. */
  readonly body: unknown
  readonly problem: Problem | undefined
  /** Seconds, as the answer asks for; undefined where it does not. */
  readonly retryAfter: number | undefined
  /** `503 queue full`, `no answer (ECONNRESET)`. */
  readonly reason: string
}

/** Reads a response to its end. @throws what the connection's end is told with */
export async function readAnswer(response: Response): Promise<Answer> {
  const { status, headers, ok } = response
  const body = parse(await response.text())
  const problem = !ok && isObject(body) ? body : undefined
  const reason = `${status} ${problem === undefined ? '' : explain(problem)}`.trim()
  return { status, body, problem, retryAfter: seconds(headers.get('retry-after')), reason }
}

/** A request that came to nothing. */
export function noAnswer(error: unknown): Answer {
  const { cause, message, name } = error instanceof Error ? error : new Error(String(error))
  const code = isObject(cause) && typeof cause['code'] === 'string' ? cause['code'] : undefined
  const reason = `no answer (${code ?? (name === 'TimeoutError' ? 'timeout' : message)})`
  return { status: undefined, body: undefined, problem: undefined, retryAfter: undefined, reason }
}

/** Whether the same request may well succeed later: no answer, API Gateway's throttling, and what answers for what is away. */
export function isPassing({ status }: Answer): boolean {
  return status === undefined || [429, 500, 502, 503, 504].includes(status)
}

function explain({ errors, failed, detail, message }: Problem): string {
  const [error] = errors ?? []
  if (error !== undefined) return `${error.path} ${error.message}`.trim()
  const [first] = Array.isArray(failed) ? failed : []
  return String(first?.reason ?? detail ?? message ?? '')
}

/** In seconds, or as a date: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
function seconds(text: string | null): number | undefined {
  if (text === null) return undefined
  const given = /^[\d.]+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1_000
  return Number.isFinite(given) ? Math.max(0, given) : undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
