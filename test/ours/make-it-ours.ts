import type { Copy } from '../support/copy-of-template.ts'

/** What the copy's name is made. */
export const ourName = 'burrow'
/** The environments that the copy has. */
export const ourEnvironments = ['sandbox', 'staging', 'production'] as const

/** Sleeps and wakes up, on Spot, with another CPU than all others. */
const nightly = `{
        name: 'nightly',
        cpu: 512,
        memoryMiB: 1024,
        architecture: 'X86_64',
        minTasks: 0,
        maxTasks: 1,
        backlogPerSlot: 4,
        wakeUpBacklog: 20,
        spot: true,
      },
`

/** A second broker node type, a VPC with NAT, kept data, and one class only. */
const staging = `const staging: Environment = {
  ...sandbox,
  account: '210987654321',
  region: 'us-east-1',
  keepData: true,
  logDays: 30,
  alarmEmail: 'ops@example.com',
  network: { zones: ['us-east-1b', 'us-east-1d', 'us-east-1f'], egress: 'nat' },
  broker: {
    ...sandbox.broker,
    instanceType: 'mq.m7g.large',
    maintenance: { day: 'WEDNESDAY', time: '22:30' },
  },
  workQueue: { ...sandbox.workQueue, queue: 'trials', workers: sandbox.workQueue.workers.slice(0, 1) },
}

`

/** What teams do to the template when they make it theirs, by README: each setting that they are told of, and a task. */
export function makeItOurs(copy: Copy): void {
  copy.edit('package.json', (text) => text.replace('"name": "warren"', `"name": "${ourName}"`))
  changeEnvironments(copy)
  addTaskType(copy)
  addSchedule(copy)
}

function changeEnvironments(copy: Copy): void {
  const file = 'infra/environments.ts'
  const replace = (from: string | RegExp, to: string) => copy.edit(file, (text) => text.replace(from, to))
  replace("export const name = 'warren'", `export const name = '${ourName}'`)
  replace('keepData: true,', "account: '123456789012',\n  region: 'eu-west-1',\n  keepData: true,")
  for (const queue of ['renders', 'invoices']) replace("queue: 'tasks'", `queue: '${queue}'`)
  replace(/^ {4}\],\n/m, `      ${nightly}    ],\n`)
  replace('export const environments', `${staging}export const environments`)
  replace('{ sandbox, production }', `{ ${ourEnvironments.join(', ')} }`)
}

function addTaskType(copy: Copy): void {
  // it sends: workers then have a right and a connection more
  const sends = "sends: ['digest'],\n  continues: true,\n  retryLater: { max: 5 },\n  timeoutSeconds:"
  const nap = (text: string) => text.replaceAll('sleep', 'nap').replace('timeoutSeconds:', sends)
  for (const file of ['.ts', '.handler.ts'])
    copy.write(`services/tasks/nap${file}`, nap(copy.read(`services/tasks/sleep${file}`)))
  copy.edit('services/tasks/registry.ts', (text) =>
    text
      .replace(
        "import { sleep } from './sleep.ts'",
        "import { nap } from './nap.ts'\nimport { sleep } from './sleep.ts'",
      )
      .replace('[sleep, digest]', '[sleep, digest, nap]'),
  )
}

function addSchedule(copy: Copy): void {
  const file = 'services/tasks/schedules.ts'
  const replace = (from: string, to: string) => copy.edit(file, (text) => text.replace(from, to))
  const nap = `
  schedule({
    name: 'nightly-nap',
    cron: '30 2 * * MON-FRI',
    timeZone: 'Europe/Berlin',
    environments: ['staging', 'local'],
    task: { type: nap, payload: { ms: 1 } },
  }),
`
  replace('import type { Schedule }', 'import { type Schedule, schedule }')
  replace("schedule.ts'\n", "schedule.ts'\nimport { nap } from './nap.ts'\n")
  replace('= []', `= [${nap}]`)
}
