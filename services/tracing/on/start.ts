import type { Attributes, Tracer } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace'
import { secretText } from '../../amqp/credentials.ts'
import { parseEnvironment } from '../../contract/environment.ts'
import type { Logger } from '../../contract/log.ts'
import { tracingEnvironment } from '../../contract/tracing.ts'
import { requests } from './request.ts'
import { SpanSender } from './span-sender.ts'

/** What makes spans, and what sends them. */
export interface Started {
  readonly tracer: Tracer
  readonly sender: SpanSender
  /** Of all spans of this process. */
  readonly resource: ReturnType<typeof resourceFromAttributes>
}

/**
 * Starts what the environment asks for; nothing where it names no endpoint.
 * @throws EnvironmentError for a variable that is wrong
 */
export function start(env: NodeJS.ProcessEnv, own: Attributes, log: Logger): Started | undefined {
  const variables = parseEnvironment(tracingEnvironment, env)
  const { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint, TRACES_XRAY_REGION: xrayRegion } = variables
  if (endpoint === undefined) return undefined
  const { OTEL_EXPORTER_OTLP_TRACES_HEADERS: given, TRACES_HEADERS_SECRET_ARN: arn } = variables
  const headers = async () => (arn === undefined ? given : secretText(arn))
  const sender = new SpanSender(requests({ endpoint, xrayRegion, headers }, env), log)
  const resource = resourceFromAttributes({ 'service.name': variables.OTEL_SERVICE_NAME, ...own })
  const provider = new TracerProvider({
    resource,
    sampler: new ParentBasedSampler({
      root: new TraceIdRatioBasedSampler(variables.OTEL_TRACES_SAMPLER_ARG),
    }),
    spanProcessors: [sender],
  })
  return { tracer: provider.getTracer('warren'), sender, resource }
}

/** What all spans about the broker have: https://opentelemetry.io/docs/specs/semconv/messaging/rabbitmq/ */
export function brokerAttributes(brokerUrl: string): Attributes {
  const { hostname, port } = new URL(brokerUrl)
  return { 'messaging.system': 'rabbitmq', 'server.address': hostname, 'server.port': Number(port) }
}
