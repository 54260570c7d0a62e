import { setTimeout as pause } from 'node:timers/promises'
import { TraceFlags } from '@opentelemetry/api'
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import type { Logger } from '../../contract/log.ts'
import type { RequestWith } from './request.ts'

/** X-Ray takes up to 10,000 spans and 5 MB. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html */
const perRequest = 512
/** So many wait at most; what comes then is lost. */
const room = 8 * perRequest
/** How long spans wait for company, in milliseconds. */
const delayMs = 1_000
/** How long one request may take, in milliseconds. */
const requestMs = 5_000
/** Before what was refused for now is sent once more, in milliseconds. */
const againMs = 500

/** Answers after which the same request may be taken: https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes */
const forNow: readonly number[] = [429, 502, 503, 504]

/**
 * Sends spans in batches, one request at a time, and never holds up who ends a span. Where the backend is slow or
 * away, spans are lost and counted; the log says so once when it begins and once when it is over. In place of the SDK's
 * BatchSpanProcessor, which does not tell how many it loses, and whose flush does not wait for what is on its way.
 */
export class SpanSender implements SpanProcessor {
  /** Whether the last request failed. */
  failing = false
  readonly #request: RequestWith
  readonly #log: Logger
  #spans: ReadableSpan[] = []
  #sending: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #lost = 0
  /** Sent, and not answered yet. */
  #underWay = 0

  constructor(request: RequestWith, log: Logger) {
    this.#request = request
    this.#log = log
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return
    if (this.#spans.length >= room) {
      this.#lost += 1
      return
    }
    this.#spans.push(span)
    if (this.#spans.length >= perRequest) void this.#send()
    else this.#timer ??= setTimeout(() => void this.#send(), delayMs).unref()
  }

  /** Resolves when all are sent or lost. */
  forceFlush(): Promise<void> {
    return this.#send()
  }

  /** Sends what is left, for `withinMs` milliseconds at most. */
  async close(withinMs: number): Promise<void> {
    await Promise.race([this.#send(), after(withinMs)])
    this.#lost += this.#spans.splice(0).length + this.#underWay
    if (this.#lost > 0) this.#log.warn('spans were lost', { spans: this.#lost })
  }

  shutdown(): Promise<void> {
    return this.close(requestMs)
  }

  #send(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined
    })
    return this.#sending
  }

  async #sendAll(): Promise<void> {
    while (this.#spans.length > 0) {
      const batch = this.#spans.splice(0, perRequest)
      this.#underWay = batch.length
      const { lost, reason } = await this.#post(batch)
      this.#underWay = 0
      this.#lost += lost
      this.#tell(reason)
    }
  }

  #tell(reason: string | undefined): void {
    const failing = reason !== undefined
    if (failing === this.failing) return
    this.failing = failing
    if (failing) this.#log.warn('the tracing backend takes no spans', { reason })
    else {
      this.#log.info('the tracing backend takes spans again', { lost: this.#lost })
      this.#lost = 0
    }
  }

  async #post(batch: ReadableSpan[]): Promise<Sent> {
    // a handler's own may have times that are none: those are lost, and nothing else
    const whole = encode(batch)
    const good = whole ? batch : batch.filter((span) => encode([span]))
    const body = whole ?? encode(good)
    const bad = batch.length - good.length
    if (good.length === 0 || !body) return { lost: batch.length, reason: 'spans that cannot be encoded' }
    const first = await this.#try(body, good.length)
    if (!first.mayBeTaken) return { ...first, lost: first.lost + bad }
    await after(againMs)
    const second = await this.#try(body, good.length)
    return { ...second, lost: second.lost + bad }
  }

  async #try(body: Uint8Array<ArrayBuffer>, spans: number): Promise<Sent & { mayBeTaken?: boolean }> {
    try {
      const signal = AbortSignal.timeout(requestMs)
      const response = await fetch(await this.#request(body), { signal })
      const answer = new Uint8Array(await response.arrayBuffer())
      if (response.ok) return { lost: rejected(answer) }
      return {
        lost: spans,
        reason: `status ${response.status}`,
        mayBeTaken: forNow.includes(response.status),
      }
    } catch (error) {
      // such as a kept connection that the other side has closed meanwhile
      const mayBeTaken = !(error instanceof DOMException)
      return { lost: spans, reason: described(error), mayBeTaken }
    }
  }
}

/** What became of a batch. */
interface Sent {
  readonly lost: number
  /** Why nothing of it was taken. */
  readonly reason?: string
}

/** Undefined where one of them cannot be encoded. */
function encode(spans: ReadableSpan[]): Uint8Array<ArrayBuffer> | undefined {
  try {
    const encoded = JsonTraceSerializer.serializeRequest(spans)
    return encoded && new Uint8Array(encoded)
  } catch {
    return undefined
  }
}

/** Spans that the backend did not want of those that it took. */
function rejected(answer: Uint8Array): number {
  return Number(JsonTraceSerializer.deserializeResponse(answer).partialSuccess?.rejectedSpans ?? 0)
}

function described(error: unknown): string {
  const { message, cause } = error instanceof Error ? error : new Error(String(error))
  return cause instanceof Error
    ? `${message}: ${cause.message || String((cause as { code?: string }).code)}`
    : message
}

/** Keeps no process alive. */
const after = (ms: number) => pause(ms, undefined, { ref: false })
