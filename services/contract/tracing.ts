import * as z from 'zod'
import { filled } from './environment.ts'

/**
 * The environment variables of bundles with tracing, beside those of their service. Those that begin with `OTEL_` are
 * the standard's: https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 */
export const tracingEnvironment = z.object({
  /** The whole address that spans are posted to; without it, there are none. */
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: z
    .string()
    .regex(/^https?:\/\/[^@/\s]+\/\S*$/, 'must be https://host/path, without credentials')
    .optional(),
  /** Headers of each request, such as `api-key=…`, with commas between: a secret. */
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: filled.optional(),
  /** The secret that holds them, where a function has to read it. */
  TRACES_HEADERS_SECRET_ARN: filled.optional(),
  /** The region of AWS X-Ray, whose requests are signed; without it, they are not. */
  TRACES_XRAY_REGION: filled.optional(),
  /** Share of the traces that begin here which is sent, 0 to 1. A trace that began elsewhere is sent if it was there. */
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .regex(/^(0(\.\d+)?|1(\.0+)?)$/, 'must be a number from 0 to 1, such as 0.1')
    .transform(Number)
    .default(1),
  /** What the tracing backend calls the service. */
  OTEL_SERVICE_NAME: filled.default('warren'),
})
