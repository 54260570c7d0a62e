import { integration, type Sabotage, unit } from './sabotage.ts'

const protection = 'services/worker/protection.ts'
const protected_ = unit('services/worker-protection')

/** What keeps long tasks through scale-in and deployments, what rotates passwords, and what makes an effect happen once. */
export const protectionSabotages: readonly Sabotage[] = [
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
    name: 'secret-never-read-again',
    file: 'services/amqp/credentials.ts',
    find: 'if (!isRefusal(error)) throw error',
    replace: 'if (!isRefusal(error) || credentials) throw error',
    noticedBy: [integration('broker-access'), integration('rotation')],
  },
  {
    name: 'ipv6-address-in-brackets',
    file: 'services/amqp/connection.ts',
    find: `hostname.replace(/^\\[|\\]$/g, '')`,
    replace: 'hostname',
    noticedBy: [integration('broker-access')],
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
    find: 'setTimeout(() => this.#createGap(), this.#timing.pauseAfterMs)',
    replace: 'setTimeout(() => undefined && this.#createGap(), this.#timing.pauseAfterMs)',
    noticedBy: [protected_, integration('worker-protection')],
  },
  {
    name: 'pause-without-end',
    file: protection,
    find: "this.#options.intake.set(true, 'protection')",
    replace: 'void 0',
    noticedBy: [protected_, integration('worker-protection')],
  },
  {
    name: 'slots-pay-no-heed-to-a-pause',
    file: 'services/worker/slot.ts',
    find: 'await unlessFired(ended, Promise.race([consumer.over, intake.changed]))',
    replace: 'await unlessFired(ended, consumer.over)',
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
    find: 'this.#start({ preload: true })',
    replace: 'this.#start()',
    noticedBy: [integration('worker-preload')],
  },
  {
    name: 'a-module-that-exits-ends-every-thread',
    file: 'services/worker/thread-host.ts',
    find: 'preload = false',
    replace: 'preload = true',
    noticedBy: [integration('worker-preload')],
  },
]
