/**
 * The phrases of the statuses that problems have: https://www.rfc-editor.org/rfc/rfc9110#section-15. node:http has them
 * too, and takes as long to load as all else of the producer together.
 */
export const phrases = {
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
} as const
export type ProblemStatus = keyof typeof phrases

/** Most errors that the answer to an invalid request names: a client reads no more than this anyway. */
export const maxErrors = 100

/** Why a task is not known to be in the queue. */
export const publishFailures = [
  'no connection',
  'connection lost',
  'no confirm in time',
  'blocked',
  'queue full',
  'unroutable',
  'no right to write',
] as const
export type Failure = (typeof publishFailures)[number]

/** Why else a task is not accepted where there is a ledger. */
export const ledgerFailures = ['no ledger', 'unique key in use'] as const
