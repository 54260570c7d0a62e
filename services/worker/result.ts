import { ledgerLimits } from '../contract/ledger.ts'

/** What a handler has returned cannot be kept: the try has failed. */
export class ResultError extends Error {
  override readonly name = 'ResultError'
}

/**
 * What a handler has returned, as JSON text; undefined where it has returned nothing.
 * @throws ResultError where JSON cannot say it, or where it is too large to be kept
 */
export function encodeResult(value: unknown): string | undefined {
  if (value === undefined) return undefined
  let json: string | undefined
  try {
    json = JSON.stringify(value, refuse)
  } catch (cause) {
    if (cause instanceof ResultError) throw cause
    // a BigInt, a circle, or nested too deeply
    throw new ResultError(`the handler returned what is not JSON: ${String(cause)}`, { cause })
  }
  if (json === undefined) throw new ResultError(`the handler returned what is not JSON: ${typeof value}`)
  const bytes = Buffer.byteLength(json)
  if (bytes > ledgerLimits.resultBytes)
    throw new ResultError(
      `the handler returned ${bytes} bytes as JSON, ${ledgerLimits.resultBytes} are kept: store the data elsewhere and return where it is`,
    )
  return json
}

/** What `JSON.stringify` would leave out, or turn into null, without a word. */
function refuse(key: string, value: unknown): unknown {
  if (typeof value === 'function' || typeof value === 'symbol')
    throw new ResultError(`the handler returned what is not JSON: a ${typeof value} at ${where(key)}`)
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new ResultError(`the handler returned what is not JSON: ${value} at ${where(key)}`)
  return value
}

const where = (key: string) => (key === '' ? 'the top' : JSON.stringify(key))
