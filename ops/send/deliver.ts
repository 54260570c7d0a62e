import type { NewTask } from '../../local/producer-process.ts'
import type { Target } from '../target/target.ts'

/** How a request was answered. */
export type Delivery =
  /** The broker has confirmed these; `retry` says why the rest may be sent again, and when. */
  | { readonly confirmed: readonly string[]; readonly ms: number; readonly retry?: Retry }
  /** Sending it again would change nothing. */
  | { readonly refused: string }

interface Retry {
  readonly why: string
  readonly afterSeconds: number
  /** Whether tasks of it may have been accepted without our knowing. */
  readonly unanswered: boolean
}

/** API Gateway's throttling, and what it and the producer answer when something behind them is away. */
const passing = new Set([429, 500, 502, 503, 504])
const maxRetrySeconds = 30

/** The part of a target that takes tasks. */
export type TaskTarget = Pick<Target, 'name' | 'endpoint' | 'request'>

/** Sends tasks once. Never rejects, and takes for confirmed only what a 202, or the list in a 503, says. */
export async function post(target: TaskTarget, tasks: readonly NewTask[]): Promise<Delivery> {
  const begun = performance.now()
  let response: Response
  let text: string
  try {
    response = await target.request('/tasks', { tasks })
    text = await response.text()
  } catch (error) {
    if (!isNetwork(error)) return { refused: error instanceof Error ? error.message : String(error) }
    return { confirmed: [], ms: 0, retry: { why: reason(error), afterSeconds: 1, unanswered: true } }
  }
  const ms = performance.now() - begun
  if (response.status === 202) return { confirmed: tasks.map(({ id }) => id), ms }
  const problem = parse(text)
  if (!passing.has(response.status))
    return { refused: explainRefusal(target, response.status, problem, text) }
  const known = Array.isArray(problem.accepted)
  return {
    confirmed: known ? (problem.accepted as string[]) : [],
    ms,
    retry: {
      why: `${response.status} ${problem.failed?.[0]?.reason ?? problem.detail ?? problem.message ?? ''}`.trim(),
      afterSeconds: Math.min(Number(response.headers.get('retry-after') ?? 1) || 1, maxRetrySeconds),
      unanswered: !known && response.status !== 429,
    },
  }
}

interface Problem {
  readonly accepted?: unknown
  readonly failed?: readonly { readonly reason: string }[]
  readonly detail?: string
  /** API Gateway's own answers have this. */
  readonly message?: string
  readonly errors?: readonly { readonly path: string; readonly message: string }[]
}

function parse(text: string): Problem {
  try {
    return (JSON.parse(text) ?? {}) as Problem
  } catch {
    return {}
  }
}

function explainRefusal(target: TaskTarget, status: number, problem: Problem, text: string): string {
  const { errors = [], detail, message } = problem
  const [first] = errors
  const why = first ? `${first.path} ${first.message}`.trim() : (detail ?? message ?? text.slice(0, 200))
  const remedy = status === 403 ? '; these credentials need execute-api:Invoke on it' : ''
  return `${target.endpoint} answered ${status}: ${why}${remedy}`
}

/** What `fetch` rejects with; all else, such as credentials that have expired, says itself what is wrong. */
function isNetwork(error: unknown): error is Error {
  return error instanceof TypeError || (error instanceof Error && error.name === 'TimeoutError')
}

function reason({ message, cause }: Error): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : message
  return `no answer (${code})`
}
