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
