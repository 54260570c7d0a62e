import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/**
 * Why a request is refused; undefined for one of the page's own. Another site in the same browser knows no token; one
 * whose name was pointed at this machine (DNS rebinding) has another Host, and a foreign page another Origin.
 */
export function whyRefused(
  request: IncomingMessage,
  port: number,
  token: string,
  command: string,
): string | undefined {
  const { host = '', origin } = request.headers
  if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`)
    return 'this page answers at 127.0.0.1 and localhost only'
  // browsers send it with every POST
  const sameOrigin = origin === `http://${host}` || (origin === undefined && request.method === 'GET')
  if (!sameOrigin) return 'requests of other sites are refused'
  const [, given = ''] = (request.url ?? '').split('/')
  return isToken(given, token)
    ? undefined
    : `the address lacks its token: open the one that ${command} printed`
}

function isToken(given: string, token: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(token)]
  return left.length === right.length && timingSafeEqual(left, right)
}

/** Only what this server serves may be loaded, run or asked, and no other page may frame it. */
export const safeHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
} as const
