import type { Variables } from '../services/contract/environment.ts'
import type { tracingEnvironment } from '../services/contract/tracing.ts'

/**
 * What the services of a local run are given so that they send spans where the standard's variables of this process say:
 * https://opentelemetry.io/docs/specs/otel/protocol/exporter/. Undefined where they say nothing.
 */
export function tracingVariables(env: NodeJS.ProcessEnv): Variables<typeof tracingEnvironment> | undefined {
  const base = env['OTEL_EXPORTER_OTLP_ENDPOINT']
  const endpoint =
    env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? (base && `${base.replace(/\/$/, '')}/v1/traces`)
  if (!endpoint) return undefined
  const headers = env['OTEL_EXPORTER_OTLP_TRACES_HEADERS'] ?? env['OTEL_EXPORTER_OTLP_HEADERS']
  const share = env['OTEL_TRACES_SAMPLER_ARG']
  return {
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint,
    ...(headers ? { OTEL_EXPORTER_OTLP_TRACES_HEADERS: headers } : {}),
    ...(share ? { OTEL_TRACES_SAMPLER_ARG: share } : {}),
  }
}
