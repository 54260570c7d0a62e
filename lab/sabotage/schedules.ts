import { infra, integration, type Sabotage, unit } from './sabotage.ts'

const construct = 'infra/constructs/task-schedules.ts'
const problems = 'services/contract/schedule-problems.ts'
const templates = [infra('schedules')]
const times = [unit('local/schedule-times')]

/** When tasks are sent by the clock, by whom, and what becomes of those that are not. */
export const scheduleSabotages: readonly Sabotage[] = [
  {
    name: 'schedules-of-others-in-our-role',
    file: construct,
    find: "resourceName: groupName('*'),",
    replace: "resourceName: '*',",
    noticedBy: templates,
  },
  {
    name: 'schedules-that-invoke-any-function',
    file: construct,
    find: "may('lambda:InvokeFunction', producer.functionArn)",
    replace: "may('lambda:InvokeFunction', '*')",
    noticedBy: [infra('schedules'), infra('nag')],
  },
  {
    name: 'schedule-that-fails-unseen',
    file: construct,
    find: 'deadLetterConfig: { arn: this.failures.queueArn },',
    replace: '',
    noticedBy: [infra('schedules'), infra('async')],
  },
  {
    name: 'scheduled-task-that-the-producer-loses',
    file: construct,
    find: 'onFailure: new SqsDestination(this.failures),',
    replace: '',
    noticedBy: [infra('schedules'), infra('async')],
  },
  {
    name: 'schedule-before-its-rights',
    file: construct,
    find: 'made.node.addDependency(producer, role)',
    replace: 'made.node.addDependency(producer)',
    noticedBy: [infra('roles')],
  },
  {
    name: 'schedule-without-an-alarm',
    file: 'infra/constructs/monitoring/schedules.ts',
    find: '    ...Object.fromEntries(givenUp),\n',
    replace: '',
    noticedBy: [infra('schedules'), infra('monitoring')],
  },
  {
    name: 'schedule-in-every-environment',
    file: 'services/contract/schedule.ts',
    find: 'environments?.includes(environment) ?? true',
    replace: 'true',
    noticedBy: templates,
  },
  {
    name: 'scheduled-task-of-no-time',
    file: 'services/contract/schedule.ts',
    find: '({ name, task }: Schedule, time: string) {',
    replace: "({ name, task }: Schedule, _: string) {\n  const time = 'task'",
    noticedBy: [infra('schedules'), integration('schedules')],
  },
  {
    name: 'weekdays-as-aws-counts-them',
    file: 'infra/schedule-expression.ts',
    find: '(value) => weekdayNames[value] ??',
    replace: '(value) => weekdayNames[value - 1] ??',
    noticedBy: [...times, ...templates],
  },
  {
    name: 'time-that-clocks-leave-out',
    file: 'local/schedule-times.ts',
    find: 'next !== null && !times.match(next)',
    replace: 'next !== null && next.getTime() < 0',
    noticedBy: times,
  },
  {
    name: 'days-of-both-kinds',
    file: problems,
    find: '  if (bothDays)\n',
    replace: '  if (bothDays && days.length === 0)\n',
    noticedBy: [infra('schedule-checks')],
  },
  {
    name: 'schedule-of-an-unknown-type',
    file: problems,
    find: 'known.type === type.type',
    replace: "known.type !== ''",
    noticedBy: [infra('schedule-checks')],
  },
  {
    name: 'last-time-of-another-schedule',
    file: 'ops/target/deployed-schedules.ts',
    find: 'newestAttempt(aws, scheduleGroup(name), ',
    replace: "newestAttempt(aws, scheduleGroup('daily'), ",
    noticedBy: [unit('ops/status-schedules')],
  },
]

/** What a system that is being updated would stumble over. */
export const rollingSabotages: readonly Sabotage[] = [
  {
    name: 'message-that-old-workers-give-back',
    file: 'services/contract/task.ts',
    find: "'warren-version': plainVersion,",
    replace: "'warren-version': envelopeVersion + 1,",
    noticedBy: [integration('rolling-deployment'), integration('pika')],
  },
  {
    name: 'queue-with-another-argument',
    file: 'services/contract/definitions.ts',
    find: "arguments: { 'x-queue-type': 'quorum' }",
    replace: "arguments: { 'x-queue-type': 'quorum', 'x-overflow': 'reject-publish' }",
    noticedBy: [integration('rolling-deployment')],
  },
  {
    name: 'delay-from-the-other-end',
    file: 'services/contract/route.ts',
    find: "routingKey: [...digits].join('.')",
    replace: "routingKey: [...digits].toReversed().join('.')",
    noticedBy: [integration('wire')],
  },
]
