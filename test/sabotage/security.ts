import { integration, type Sabotage, type Target } from './sabotage.ts'

const synth: Target = { project: 'infra', file: 'test/infra/security.test.ts' }
const unit = (file: string): Target => ({ project: 'unit', file: `test/${file}.test.ts` })
const supplyChain = unit('ops/supply-chain')
const workflows = unit('ops/workflows')
const protection = 'services/worker/protection.ts'
const protected_ = unit('services/worker-protection')
const topology = 'services/contract/topology.ts'
const users = integration('topology-permissions')

/** The rules of SECURITY.md, and protection from scale-in. */
export const securitySabotages: readonly Sabotage[] = [
  {
    name: 'route-without-signature',
    file: 'infra/constructs/producer-api.ts',
    find: '      defaultAuthorizer: new HttpIamAuthorizer(),\n',
    replace: '',
    noticedBy: [synth],
  },
  {
    name: 'no-throttle',
    file: 'infra/constructs/producer-api.ts',
    find: '      throttle: { rateLimit: ratePerSecond, burstLimit: burst },\n',
    replace: '',
    noticedBy: [synth],
  },
  {
    name: 'public-broker',
    file: 'infra/constructs/broker.ts',
    find: 'publiclyAccessible: false',
    replace: 'publiclyAccessible: true',
    noticedBy: [synth],
  },
  {
    name: 'worker-with-root',
    file: 'infra/constructs/worker-service.ts',
    find: "      user: '1000',\n",
    replace: '',
    noticedBy: [{ project: 'infra', file: 'test/infra/workers.test.ts' }],
  },
  {
    name: 'worker-may-protect-any-task',
    file: 'infra/constructs/worker-service.ts',
    find: 'resources: [tasks],',
    replace: "resources: ['*'],",
    noticedBy: [{ project: 'infra', file: 'test/infra/workers.test.ts' }],
  },
  {
    name: 'function-with-somebody-elses-secret',
    file: 'infra/work-queue-stack.ts',
    find: 'secret: secrets.probe,',
    replace: 'secret: secrets.operator,',
    noticedBy: [synth],
  },
  {
    name: 'producer-may-read',
    file: topology,
    find: "permission(settings, 'producer', { write: only(queue) })",
    replace: "permission(settings, 'producer', { write: only(queue), read: only(queue) })",
    noticedBy: [users],
  },
  {
    name: 'worker-may-publish',
    file: topology,
    find: "permission(settings, 'worker', { read: only(queue) })",
    replace: "permission(settings, 'worker', { read: only(queue), write: only(queue) })",
    noticedBy: [users],
  },
  {
    name: 'probe-sees-everything',
    file: topology,
    find: "['management']",
    replace: "['monitoring']",
    noticedBy: [users],
  },
  {
    name: 'producer-with-any-number-of-connections',
    file: topology,
    find: "user(queue, 'producer', [], { 'max-connections': settings.producerConnections })",
    replace: "user(queue, 'producer', [])",
    noticedBy: [users],
  },
  {
    name: 'worker-takes-any-certificate',
    file: 'services/worker/connection.ts',
    find: '{ noDelay: true, timeout: 10_000,',
    replace: '{ rejectUnauthorized: false, noDelay: true, timeout: 10_000,',
    noticedBy: [integration('tls'), unit('services/tls-verified')],
  },
  {
    name: 'producer-takes-any-certificate',
    file: 'services/producer/log-in.ts',
    find: '      noDelay: true,\n',
    replace: '      noDelay: true,\n      rejectUnauthorized: false,\n',
    noticedBy: [integration('tls'), unit('services/tls-verified')],
  },
  {
    name: 'bad-certificate-without-a-reason',
    file: 'services/contract/management.ts',
    find: '.catch((error) => explain(broker.url, error))',
    replace: '',
    noticedBy: [integration('tls')],
  },
  {
    name: 'rotation-leaves-the-broker-alone',
    file: 'services/topology/rotation.ts',
    find: 'await setPassword(target, changed.username, changed.password, patience)',
    replace: 'void [setPassword, target, changed, patience]',
    noticedBy: [integration('rotation')],
  },
  {
    name: 'rotation-leaves-the-workers-alone',
    file: 'services/topology/rotation.ts',
    find: 'settings.workerServices.map(redeploy)',
    replace: '[redeploy].map(async () => undefined)',
    noticedBy: [integration('rotation')],
  },
  {
    name: 'producer-never-reads-its-secret-again',
    file: 'services/producer/log-in.ts',
    find: 'if (!refused || !credentials.forget()) throw error',
    replace: 'if (!refused || credentials) throw error',
    noticedBy: [integration('rotation')],
  },
  {
    name: 'example-overwrites-the-first-effect',
    file: 'docs/idempotency.md',
    find: `await link(draft, \`\${folder}/\${id}.json\`)`,
    replace: `await writeFile(\`\${folder}/\${id}.json\`, content)`,
    noticedBy: [integration('idempotency')],
  },
  {
    name: 'long-task-without-protection',
    file: protection,
    find: 'this.#longUntil.set(slot, until)',
    replace: 'void until',
    noticedBy: [protected_, integration('worker-protection')],
  },
  {
    name: 'protection-without-end',
    file: protection,
    find: 'if (this.#longUntil.delete(slot)) void this.#follow()',
    replace: 'this.#longUntil.delete(slot)',
    noticedBy: [protected_],
  },
  {
    name: 'protection-without-a-gap',
    file: protection,
    find: 'setTimeout(() => this.#makeGap(), this.#timing.pauseAfterMs)',
    replace: 'setTimeout(() => undefined && this.#makeGap(), this.#timing.pauseAfterMs)',
    noticedBy: [protected_, integration('worker-protection')],
  },
  {
    name: 'pause-without-end',
    file: protection,
    find: 'this.#options.intake.set(true)',
    replace: 'void 0',
    noticedBy: [protected_, integration('worker-protection')],
  },
  {
    name: 'slots-pay-no-heed-to-a-pause',
    file: 'services/worker/slot.ts',
    find: 'await Promise.race([consumer.over, fired(ended), intake.changed])',
    replace: 'await Promise.race([consumer.over, fired(ended)])',
    noticedBy: [integration('worker-protection')],
  },
  {
    name: 'failure-taken-for-protection',
    file: protection,
    find: "if (response.ok && 'protection' in JSON.parse(text))",
    replace: 'if (response.ok)',
    noticedBy: [protected_],
  },
  {
    name: 'protection-waits-for-an-answer-for-ever',
    file: protection,
    find: '      signal: AbortSignal.timeout(timeoutMs),\n',
    replace: '',
    noticedBy: [protected_],
  },
  {
    name: 'protection-asks-without-restraint',
    file: protection,
    find: 'retryMs * 2 ** failures',
    replace: 'retryMs',
    noticedBy: [protected_],
  },
  {
    name: 'handlers-loaded-at-their-first-task',
    file: 'services/worker/thread-host.ts',
    find: 'this.#spawn({ preload: true })',
    replace: 'this.#spawn()',
    noticedBy: [integration('worker-preload')],
  },
  {
    name: 'a-module-that-exits-ends-every-thread',
    file: 'services/worker/thread-host.ts',
    find: 'preload = false',
    replace: 'preload = true',
    noticedBy: [integration('worker-preload')],
  },
  {
    name: 'install-scripts-run',
    file: 'local/setup.mjs',
    find: "'--ignore-scripts', ",
    replace: '',
    noticedBy: [supplyChain],
  },
  {
    name: 'no-audit',
    file: '.github/workflows/ci.yml',
    find: '      - run: npm audit --omit=dev --audit-level=high\n',
    replace: '',
    noticedBy: [supplyChain],
  },
  {
    name: 'workflow-with-all-rights',
    file: '.github/workflows/ci.yml',
    find: 'permissions: {}',
    replace: 'permissions: write-all',
    noticedBy: [workflows],
  },
]
