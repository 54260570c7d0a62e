import { infra, integration, type Sabotage, unit } from './sabotage.ts'

const settings = 'infra/settings/tracing.ts'
const sender = 'services/tracing/on/span-sender.ts'
const traces = integration('tracing')
const sends = unit('services/span-sender')
const requests = unit('services/tracing-request')
const checks = infra('checks')

/** Traces: which spans there are, where they stand, who gets them, and what they must not cost. */
export const tracingSabotages: readonly Sabotage[] = [
  {
    name: 'backend-without-an-address',
    file: settings,
    find: "if (to === 'otlp' && endpoint === undefined) report(['endpoint']",
    replace: "if (to === undefined) report(['endpoint']",
    noticedBy: [checks],
  },
  {
    name: 'address-for-xray',
    file: settings,
    find: "if (to === 'xray' && endpoint !== undefined) report(['endpoint']",
    replace: "if (to === undefined) report(['endpoint']",
    noticedBy: [checks],
  },
  {
    name: 'headers-for-xray',
    file: settings,
    find: "if (to === 'xray' && headersSecret !== undefined)\n      report(['headersSecret']",
    replace: "if (to === undefined)\n      report(['headersSecret']",
    noticedBy: [checks],
  },
  {
    name: 'backend-that-the-producer-does-not-reach',
    file: 'infra/settings/environment.ts',
    find: "if (egress !== 'nat')\n      report(",
    replace: 'if (egress === undefined)\n      report(',
    noticedBy: [checks],
  },
  {
    name: 'more-rights-at-xray',
    file: 'infra/constructs/tracing.ts',
    find: "['xray:PutSpans', 'xray:PutSpansForIndexing']",
    replace: "['xray:PutSpans', 'xray:PutSpansForIndexing', 'xray:GetTraceSummaries']",
    noticedBy: [infra('tracing')],
  },
  {
    name: 'xray-without-its-endpoint',
    file: 'infra/constructs/network.ts',
    find: "settings.xray ? (['xray'] as const) : []",
    replace: "settings.xray ? (['ecs'] as const).slice(1) : []",
    noticedBy: [infra('tracing'), infra('stacks')],
  },
  {
    name: 'headers-that-the-producer-may-not-read',
    file: 'infra/constructs/tracing.ts',
    find: '    if (this.headers) allowToRead(this.headers, role)\n',
    replace: '',
    noticedBy: [infra('tracing'), infra('security')],
  },
  {
    name: 'tracing-in-every-bundle',
    file: 'package.json',
    find: './services/tracing/off/*.ts',
    replace: './services/tracing/on/*.ts',
    noticedBy: [unit('services/tracing-bundles')],
  },
  {
    name: 'deploy-that-does-not-look-for-transaction-search',
    file: 'ops/preflight/traces.ts',
    find: "Destination === 'CloudWatchLogs' && Status === 'ACTIVE'",
    replace: 'Destination !== undefined',
    noticedBy: [unit('ops/preflight')],
  },
  {
    name: 'traces-free-of-charge',
    file: 'ops/cost/rules.ts',
    find: "price: 'log ingestion', quantity: spanGb(month)",
    replace: "price: 'log ingestion', quantity: 0",
    noticedBy: [infra('cost')],
  },
  {
    name: 'tries-outside-their-trace',
    file: 'services/tracing/on/worker.ts',
    find: 'contextOf(task.traceparent),',
    replace: 'contextOf(undefined),',
    noticedBy: [traces],
  },
  {
    name: 'children-beside-what-has-sent-them',
    file: 'services/worker/attempt.ts',
    find: '() => tracing?.traceparent() ?? traceparent,',
    replace: '() => traceparent,',
    noticedBy: [traces],
  },
  {
    name: 'failed-tries-that-look-done',
    file: 'services/tracing/on/worker.ts',
    find: 'if (!unfailing.includes(outcome)) {',
    replace: "if (outcome === 'unreadable') {",
    noticedBy: [traces],
  },
  {
    name: 'spans-of-quarantine-lost',
    file: 'services/worker/quarantine.ts',
    find: '  spans: (spans) => say({ spans }),\n',
    replace: '  spans: () => undefined,\n',
    noticedBy: [traces],
  },
  {
    name: 'spans-that-nobody-asked-for',
    file: sender,
    find: 'if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return',
    replace: '',
    noticedBy: [sends],
  },
  {
    name: 'spans-without-end',
    file: sender,
    find: 'this.#spans.length >= room',
    replace: 'this.#spans.length < 0',
    noticedBy: [sends],
  },
  {
    name: 'spans-given-up-at-once',
    file: sender,
    find: 'if (!first.mayBeTaken) return { ...first, lost: first.lost + bad }',
    replace: 'return first',
    noticedBy: [sends],
  },
  {
    name: 'lost-spans-told-of-each-time',
    file: sender,
    find: 'if (failing === this.failing) return\n',
    replace: '',
    noticedBy: [sends, traces],
  },
  {
    name: 'last-spans-lost',
    file: 'services/worker/run.ts',
    find: 'await parts.tracing?.close()\n',
    replace: '',
    noticedBy: [traces],
  },
  {
    name: 'headers-never-read-again',
    file: 'services/tracing/on/request.ts',
    find: '      more = undefined\n',
    replace: '',
    noticedBy: [requests],
  },
  {
    name: 'credentials-used-until-they-expire',
    file: 'services/tracing/on/credentials.ts',
    find: 'const beforeExpiry = 5 * 60_000',
    replace: 'const beforeExpiry = 0',
    noticedBy: [requests],
  },
]
