import { maxErrors, type ProblemStatus, phrases } from '../contract/problem.ts'

/** What is wrong with one task of a request, or with the request as a whole. */
export interface RequestError {
  /** The task's position, from 0; null where the request itself is wrong. */
  readonly index: number | null
  /** JSON pointer (RFC 6901) into that task, or into the request. */
  readonly path: string
  readonly message: string
}

/** A problem document: https://www.rfc-editor.org/rfc/rfc9457. Members beside these depend on the status. */
export interface ProblemDocument {
  readonly type: 'about:blank'
  readonly title: string
  readonly status: number
  readonly detail: string
}

/** Ends a request with a problem document. Its message is that document: what a direct invocation fails with. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly problem: ProblemDocument
  readonly headers: Readonly<Record<string, string>>

  /** @param members further members of the document. Nothing in it may be a secret. */
  constructor(
    status: ProblemStatus,
    detail: string,
    members: object = {},
    headers: Record<string, string> = {},
  ) {
    // a problem of type about:blank has the status' own phrase as title (RFC 9457, 4.2.1)
    const title = phrases[status]
    const problem: ProblemDocument = { type: 'about:blank', title, status, detail, ...members }
    super(JSON.stringify(problem))
    this.problem = problem
    this.headers = headers
  }
}

/** A header: seconds after which a client that got a 503 may try again. */
export const retryAfter = { 'retry-after': '5' }

// Lambda answers with at most 6 MB
const maxTextLength = 300

/** The answer to a request of which nothing was published. Names the first hundred errors. */
export function invalidRequest(errors: readonly RequestError[]): ProblemError {
  const first = errors.slice(0, maxErrors).map(({ index, path, message }) => ({
    index,
    path: shortened(path),
    message: shortened(message),
  }))
  const shown = errors.length > maxErrors ? ` (the first ${maxErrors} of ${errors.length} errors follow)` : ''
  return new ProblemError(400, `the request is invalid, nothing was published${shown}`, { errors: first })
}

function shortened(text: string): string {
  return text.length > maxTextLength ? `${text.slice(0, maxTextLength)}...` : text
}
