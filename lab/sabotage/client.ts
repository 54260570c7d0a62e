import { type Sabotage, type Target, unit } from './sabotage.ts'

const send = unit('client/send')
const read = unit('client/read')
const connection = unit('client/connection')
const packed: Target = { project: 'slow', file: 'test/integration/client-packed.slow.test.ts' }

/** What the client promises to those who send. */
export const clientSabotages: readonly Sabotage[] = [
  {
    name: 'client-sends-all-again',
    file: 'client/src/send.ts',
    find: '    pending = rest\n',
    replace: '',
    noticedBy: [send],
  },
  {
    name: 'client-names-the-place-in-the-request',
    file: 'client/src/send.ts',
    find: '(request[index]?.position ?? index)',
    replace: 'index',
    noticedBy: [send],
  },
  {
    name: 'client-counts-on-though-tasks-are-accepted',
    file: 'client/src/send.ts',
    find: '    if (accepted > 0) deadline.renew()\n',
    replace: '',
    noticedBy: [send],
  },
  {
    name: 'client-takes-one-id-twice',
    file: 'client/src/send.ts',
    find: '    checkIds(tasks)\n',
    replace: '',
    noticedBy: [send],
  },
  {
    name: 'client-takes-any-page-for-an-acceptance',
    file: 'client/src/record.ts',
    find: 'answer.status !== 202 &&',
    replace: '(answer.status ?? 500) >= 300 &&',
    noticedBy: [send],
  },
  {
    name: 'client-forgets-what-may-be-accepted',
    file: 'client/src/record.ts',
    find: 'this.#uncertain.add(position)',
    replace: 'this.#uncertain.clear()',
    noticedBy: [send],
  },
  {
    name: 'client-keeps-its-own-id',
    file: 'client/src/record.ts',
    find: 'if (ids.length === request.length)',
    replace: 'if (ids.length > request.length)',
    noticedBy: [send],
  },
  {
    name: 'client-comes-back-too-early',
    file: 'client/src/deadline.ts',
    find: 'retryAfter + Math.random()',
    replace: 'Math.random()',
    noticedBy: [send],
  },
  {
    name: 'client-without-deadline',
    file: 'client/src/deadline.ts',
    find: '    if (performance.now() + ms >= this.#until) return false\n',
    replace: '',
    noticedBy: [send],
  },
  {
    name: 'client-repeats-a-refusal',
    file: 'client/src/answer.ts',
    find: '[429, 500, 502, 503, 504].includes(status)',
    replace: 'status >= 400',
    noticedBy: [send, read],
  },
  {
    name: 'client-gives-up-when-throttled',
    file: 'client/src/answer.ts',
    find: '[429, 500,',
    replace: '[500,',
    noticedBy: [send],
  },
  {
    name: 'client-fills-requests-without-end',
    file: 'client/src/portions.ts',
    find: 'portion.length === limits.tasksPerRequest || ',
    replace: '',
    noticedBy: [send],
  },
  {
    name: 'client-counts-characters',
    file: 'client/src/portions.ts',
    find: 'utf8.encode(json).length + 1',
    replace: 'json.length + 1',
    noticedBy: [send],
  },
  {
    name: 'client-cannot-be-stopped',
    file: 'client/src/connection.ts',
    find: 'signal ? either(signal, late) : late',
    replace: 'late',
    noticedBy: [send],
  },
  {
    name: 'client-sends-unsigned',
    file: 'client/src/connection.ts',
    find: ' && loopback.has(url.hostname)',
    replace: '',
    noticedBy: [connection],
  },
  {
    name: 'client-signs-for-another-service',
    file: 'client/src/connection.ts',
    find: "service: 'execute-api'",
    replace: "service: 'lambda'",
    noticedBy: [connection],
  },
  {
    name: 'client-waits-for-any-state',
    file: 'client/src/client.ts',
    find: 'finalStates.has(report.state) || hold === 0',
    replace: 'report.state',
    noticedBy: [read],
  },
  {
    name: 'client-cuts-what-is-held',
    file: 'client/src/read.ts',
    find: ' + holdSeconds * 1_000',
    replace: '',
    noticedBy: [read],
  },
  {
    name: 'client-types-of-nullable-fields',
    file: 'client/build/type-text.ts',
    find: "return type.map((each) => inBrackets({ ...schema, type: each })).join(' | ')",
    replace: "return 'unknown'",
    noticedBy: [unit('client/registered')],
  },
  {
    name: 'client-packed-without-the-registry',
    file: 'client/build/build.ts',
    find: "writeFileSync(join(dist, 'registered-task.d.ts'), registeredTypes(taskTypes))\n",
    replace: '',
    noticedBy: [packed],
  },
  {
    name: 'client-needs-node-in-a-browser',
    file: 'client/package.json',
    find: '"@aws-sdk/credential-provider-node": false',
    replace: '"nothing": false',
    noticedBy: [packed],
  },
]
