import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { until } from './until.ts'

/** A span as OTLP's JSON has it, its attributes as plain values. */
export interface ReceivedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  /** 2 server, 4 producer, 5 consumer, 1 internal. */
  readonly kind: number
  /** Nanoseconds since 1970. */
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly status: { readonly code?: number; readonly message?: string }
  readonly attributes: Readonly<Record<string, unknown>>
  /** Of what made it. */
  readonly resource: Readonly<Record<string, unknown>>
}

interface Received {
  readonly headers: IncomingHttpHeaders
  readonly path: string
  readonly body: string
}

/** A backend that takes spans by OTLP over HTTP; `await using` closes it. */
export interface OtlpReceiver extends AsyncDisposable {
  /** What OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is set to. */
  readonly endpoint: string
  /** All requests, whatever was answered. */
  readonly requests: readonly Received[]
  /** The spans that were taken. */
  readonly spans: readonly ReceivedSpan[]
  /** What it answers from now on; `nothing` takes requests and never answers. */
  answer: number | 'nothing'
  /** Waits until so many spans were taken, and gives all. */
  taken(count: number): Promise<readonly ReceivedSpan[]>
}

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const requests: Received[] = []
  const spans: ReceivedSpan[] = []
  const receiver = { answer: 200 as number | 'nothing' }
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString()
    requests.push({ headers: request.headers, path: request.url ?? '', body })
    if (receiver.answer === 'nothing') return
    if (receiver.answer === 200) spans.push(...spansIn(body))
    response.writeHead(receiver.answer, { 'content-type': 'application/json' }).end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return Object.assign(receiver, {
    endpoint: `http://127.0.0.1:${port}/v1/traces`,
    requests,
    spans,
    taken: (count: number) =>
      until(() => spans.length >= count && spans, {
        within: 60,
        what: `${count} spans, of which ${spans.length} came`,
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  })
}

interface Pair {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}

/** https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto */
function spansIn(body: string): ReceivedSpan[] {
  const { resourceSpans } = JSON.parse(body)
  return resourceSpans.flatMap(
    ({ resource, scopeSpans }: { resource: { attributes: Pair[] }; scopeSpans: Scope[] }) =>
      scopeSpans.flatMap(({ spans }) =>
        spans.map((span) => ({
          ...span,
          attributes: plain(span.attributes),
          resource: plain(resource.attributes),
        })),
      ),
  )
}

interface Scope {
  readonly spans: readonly (Omit<ReceivedSpan, 'attributes'> & { readonly attributes: Pair[] })[]
}

/** 64-bit numbers are texts in JSON. */
const plain = (pairs: readonly Pair[]) =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, Object.values(value)[0]]))

/** A trace as a picture: each span under its parent, those of one parent in the order in which they began. */
export function pictureOf(spans: readonly ReceivedSpan[]): string {
  const ids = new Set(spans.map(({ spanId }) => spanId))
  const of = (parent: string | undefined) =>
    spans
      .filter(({ parentSpanId = '' }) =>
        parent === undefined ? !ids.has(parentSpanId) : parentSpanId === parent,
      )
      .toSorted((one, other) => startOf(one) - startOf(other) || endOf(one) - endOf(other))
  const lines = (parent: string, indent: string): string[] =>
    of(parent).flatMap((span, index, all) => {
      const last = index === all.length - 1
      return [
        `${indent}${last ? '└─' : '├─'} ${labelOf(span)}`,
        ...lines(span.spanId, `${indent}${last ? '   ' : '│  '}`),
      ]
    })
  return of(undefined)
    .flatMap((root) => [labelOf(root), ...lines(root.spanId, '')])
    .join('\n')
}

/** Of times to the nanosecond, what a number can hold. */
const startOf = ({ startTimeUnixNano }: ReceivedSpan) => Number(startTimeUnixNano)
const endOf = ({ endTimeUnixNano }: ReceivedSpan) => Number(endTimeUnixNano)

function labelOf({ name, attributes }: ReceivedSpan): string {
  const outcome = attributes['warren.outcome'] ?? attributes['http.response.status_code']
  return outcome === undefined ? name : `${name} · ${outcome}`
}
