import type { Attributes, Link, SpanContext, SpanKind, SpanStatus } from '@opentelemetry/api'
import type { ConsumeMessage } from 'amqplib'
import type { PublishOutcome } from '../amqp/batch.ts'
import type { Logger } from '../contract/log.ts'
import type { DecodedEnvelope } from '../contract/task.ts'
import type { Try } from '../worker/delivery.ts'

/**
 * What the services tell of traces. Each has a module in `on/` and one in `off/`, where nothing is told: who imports
 * `#tracing/…` gets the one of `off/` (package.json), and infra/bundle/bundle.ts takes the one of `on/` where an
 * environment has `tracing`. So without it nothing of OpenTelemetry is in a bundle.
 */

/** Times are in nanoseconds since 1970, as seconds and the rest. */
type Time = [number, number]

/** A span that a handler's thread has ended, as it goes to the main thread. */
export interface ThreadSpan {
  readonly name: string
  readonly kind: SpanKind
  readonly context: SpanContext
  readonly parent?: SpanContext
  readonly startTime: Time
  readonly endTime: Time
  readonly duration: Time
  readonly status: SpanStatus
  readonly attributes: Attributes
  readonly links: Link[]
  readonly events: { readonly name: string; readonly time: Time; readonly attributes?: Attributes }[]
  readonly scope: { readonly name: string; readonly version?: string }
}

/** The span of one try. */
export interface TracedTry {
  /** As the message had it, but for its trace context, which is now the span's. */
  readonly envelope: DecodedEnvelope
  ended(facts: Try): void
}

/** Of a worker's main thread, which sends all spans: a handler's thread may be ended at any time. */
export interface WorkerTracing {
  /** A try begins. Undefined for a message that cannot be read. */
  began(envelope: DecodedEnvelope, message: ConsumeMessage, deliveryCount: number): TracedTry | undefined
  fromThread(spans: readonly ThreadSpan[]): void
  /** Sends what is left; gives up after two seconds. */
  close(): Promise<void>
}
export interface WorkerFacts {
  readonly queue: string
  readonly workerClass: string
  readonly worker: string
  readonly brokerUrl: string
}
/** @throws EnvironmentError for a variable of services/contract/tracing.ts that is wrong */
export type OpenWorkerTracing = (
  env: NodeJS.ProcessEnv,
  facts: WorkerFacts,
  log: Logger,
) => WorkerTracing | undefined

/** Of a handlers' thread: what their code makes spans of is seen in the trace of their try. */
export interface ThreadTracing {
  /** Runs a handler in a trace context. */
  within<Result>(traceparent: string | undefined, work: () => Promise<Result>): Promise<Result>
  /** The trace context of what runs now, to hand on. */
  traceparent(): string | undefined
}
export type OpenThreadTracing = (ended: (span: ThreadSpan) => void) => ThreadTracing | undefined

/** The span of publishing one request's tasks. One that is not ended is not sent. */
export interface TracedPublish {
  readonly traceparent: string
  /** @param tasks with the work queues that they are for */
  ended(
    tasks: readonly { readonly id: string; readonly queue: string }[],
    outcomes: ReadonlyMap<string, PublishOutcome>,
  ): void
}

export interface ProducerTracing {
  /** @param traceparent what the tasks are sent in; undefined where a trace begins */
  publishing(traceparent: string | undefined): TracedPublish
  /**
   * Answers an event in a span, if it is an HTTP request, and has the spans sent before it gives the answer: Lambda
   * freezes a function that has answered. A backend that is slow holds up an answer by at most 200 ms, and one that
   * is away by nothing.
   */
  handle<Answer>(event: unknown, answer: (event: unknown) => Promise<Answer>): Promise<Answer>
  /** Sends what is left; gives up after two seconds. */
  close(): Promise<void>
}
/** @throws EnvironmentError for a variable of services/contract/tracing.ts that is wrong */
export type OpenProducerTracing = (
  env: NodeJS.ProcessEnv,
  facts: { readonly brokerUrl: string },
  log: Logger,
) => ProducerTracing | undefined
