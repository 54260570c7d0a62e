import * as z from 'zod'
import { choice, decimal, text, withRule } from './fields.ts'

const fields = z.strictObject({
  to: choice(['xray', 'otlp']).describe(
    'Where the spans of tasks go: AWS X-Ray of the same account and region, which needs Transaction Search, or any backend that takes OTLP over HTTP. Without `tracing` there are none, and nothing of it is deployed. docs/tracing.md shows a trace.',
  ),
  endpoint: text(
    /^https:\/\/[^\s/@:?#]+(:443)?\/\S*$/,
    'use the whole address, https and port 443, such as https://otlp.example.com/v1/traces',
  )
    .optional()
    .describe('Only with `otlp`: the address that spans are posted to.'),
  headersSecret: text(
    /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+-[A-Za-z0-9]{6}$/,
    'use the whole ARN of a secret, such as arn:aws:secretsmanager:eu-central-1:111122223333:secret:tracing-AbCdEf',
  )
    .optional()
    .describe(
      "Only with `otlp`: the secret with the headers that the backend asks for, as text such as `api-key=…`. It is in Secrets Manager of the environment's account and region, under AWS's own key or `kmsKey`.",
    ),
  share: decimal(0, 1, 'use 0 to 1, such as 0.1 for a tenth of the traces')
    .optional()
    .describe(
      'Which share of the traces that begin here is sent, from 0 to 1. A trace that a caller began is sent if the caller sends it. Default: 1.',
    ),
})

/** Whom a service sends its spans to. */
export const tracingSchema = withRule(
  fields,
  z.object({
    to: fields.shape.to,
    endpoint: z.unknown().optional(),
    headersSecret: z.unknown().optional(),
  }),
  ({ to, endpoint, headersSecret }, report) => {
    if (to === 'otlp' && endpoint === undefined) report(['endpoint'], 'give the address that takes the spans')
    if (to === 'xray' && endpoint !== undefined) report(['endpoint'], 'leave it out: X-Ray has its own')
    if (to === 'xray' && headersSecret !== undefined)
      report(['headersSecret'], 'leave it out: what goes to X-Ray is signed')
  },
)
