import { infra, integration, type Sabotage, type Target } from './sabotage.ts'

const rehearsal: Target = { project: 'slow', file: 'lab/rehearsal/sandbox.slow.test.ts' }
const emulation: Target = { project: 'slow', file: 'lab/emulator/emulate.slow.test.ts' }

/** What a rehearsal of the templates must stumble over. That it names the culprit, lab/rehearsal/broken.slow.test.ts says. */
export const rehearsalSabotages: readonly Sabotage[] = [
  {
    name: 'variable-renamed-on-one-side',
    file: 'infra/constructs/worker-service.ts',
    find: '        QUEUE_NAME: props.queue,\n',
    replace: '        QUEUE: props.queue,\n',
    noticedBy: [infra('wiring'), rehearsal],
  },
  {
    name: 'functions-with-a-wrong-handler',
    file: 'infra/constructs/service-function.ts',
    find: "handler: 'index.handler'",
    replace: "handler: 'main.handler'",
    noticedBy: [rehearsal],
  },
  {
    name: 'worker-may-not-read',
    file: 'services/contract/topology.ts',
    find: '{ read: only(queue), ',
    replace: '{ ',
    noticedBy: [integration('topology-permissions'), rehearsal],
  },
  {
    name: 'killed-before-its-task-is-done',
    file: 'infra/constructs/worker-service.ts',
    find: 'stopTimeout: Duration.seconds(stopTimeoutSeconds)',
    replace: 'stopTimeout: Duration.seconds(3)',
    noticedBy: [infra('workers'), rehearsal],
  },
  {
    name: 'ledger-without-its-route',
    file: 'infra/constructs/producer-api.ts',
    find: "...(hasLedger ? ['/tasks/{id}'] : [])",
    replace: '',
    noticedBy: [infra('security'), emulation],
  },
]
