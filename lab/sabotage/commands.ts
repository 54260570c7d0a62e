import { integration, type Sabotage, unit } from './sabotage.ts'

/** What a command must say to the one who typed it. */
export const commandSabotages: readonly Sabotage[] = [
  {
    name: 'option-that-cdk-ignores',
    file: 'ops/cdk.ts',
    find: '    await checkPassed()\n',
    replace: '',
    noticedBy: [unit('ops/cdk')],
  },
  {
    name: 'dead-letter-that-dev-does-not-tell',
    file: 'local/task-printer.ts',
    find: "? ', now a dead letter' : ''",
    replace: "? '' : ''",
    noticedBy: [unit('local/dev-lines')],
  },
  {
    name: 'payload-error-without-the-value',
    file: 'ops/send/arguments.ts',
    find: 'JSON.stringify(seen).slice(0, 100)',
    replace: '"something"',
    noticedBy: [unit('ops/send')],
  },
  {
    name: 'story-of-one-queue-alone',
    file: 'ops/target/log-places.ts',
    find: '...queues.map(furtherQueueStack)',
    replace: '...queues.slice(99).map(furtherQueueStack)',
    noticedBy: [unit('ops/task')],
  },
  {
    name: 'search-that-goes-on-after-ctrl-c',
    file: 'ops/target/insights.ts',
    find: 'if (!ended) await aws.logs.send(new StopQueryCommand({ queryId })).catch(() => undefined)',
    replace: 'void ended',
    noticedBy: [unit('ops/task')],
  },
  {
    name: 'search-that-an-id-can-change',
    file: 'ops/tasks/search.ts',
    find: 'if (id !== undefined && !taskIdPattern.test(id))',
    replace: 'if (id === "" && !taskIdPattern.test(id))',
    noticedBy: [unit('ops/task')],
  },
  {
    name: 'tries-hidden-by-what-a-handler-writes',
    file: 'ops/target/deployed-task-records.ts',
    find: 'found: [...tries.records, ...others]',
    replace: 'found: others',
    noticedBy: [unit('ops/task')],
  },
  {
    name: 'dev-forgets-the-lines-of-handlers',
    file: 'local/served-queue.ts',
    find: "if (typeof record['id'] === 'string') otherLines.append",
    replace: "if (record['id'] === 0) otherLines.append",
    noticedBy: [integration('ops')],
  },
  {
    name: 'openapi-that-takes-any-field-beside-tasks',
    file: 'services/contract/documents/openapi.ts',
    find: '      additionalProperties: false,\n',
    replace: '',
    noticedBy: [unit('services/contract-documents')],
  },
  {
    name: 'openapi-without-an-answer-that-is-given',
    file: 'services/contract/documents/openapi.ts',
    find: '...refusals(400, 413, 415)',
    replace: '...refusals(400, 413)',
    noticedBy: [integration('producer-http')],
  },
]
