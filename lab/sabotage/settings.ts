import { infra, integration, type Sabotage } from './sabotage.ts'

/** A rule that lets everything pass, or more than it should. */
function unruled(name: string, file: string, condition: string, report: string, weaker = 'false'): Sabotage {
  return {
    name: `unchecked-${name}`,
    file: `infra/settings/${file}.ts`,
    find: `if (${condition})${report}`,
    replace: `if (${weaker})${report}`,
    noticedBy: [infra('checks')],
  }
}

/** A field that takes what it should not. */
function unbounded(name: string, file: string, [find, replace]: [string, string]): Sabotage {
  return {
    name: `unbounded-${name}`,
    file: `infra/settings/${file}.ts`,
    find,
    replace,
    noticedBy: [infra('checks')],
  }
}

/** What no environment sets, unchecked. */
function given(name: string, find: string, replace: string): Sabotage {
  return {
    name: `unchecked-${name}`,
    file: 'infra/checks.ts',
    find,
    replace,
    noticedBy: [infra('code-checks')],
  }
}

const worker = 'worker-class'

/** What the schema of an environment and the checks beside it refuse. */
export const settingsSabotages: readonly Sabotage[] = [
  unruled('memory', worker, '!memory?.includes(worker.memoryMiB)', "\n    report(['memoryMiB']"),
  unruled('slots', worker, 'Math.ceil(slots / perThread) > maxThreads', "\n    report(\n      ['slots']"),
  unruled('slots-per-thread', worker, 'perThread > slots', " report(['slotsPerThread']"),
  unruled(
    'schedule',
    worker,
    'time.minTasks < minTasks || time.minTasks > maxTasks',
    "\n      report(\n        ['schedule'",
  ),
  unbounded('cron', 'schedule', ['      cron,\n', '      /./,\n']),
  unbounded('time-zone', 'schedule', ['.refine(isTimeZone, ', '.refine(() => true, ']),
  unruled('minimum', worker, 'minTasks > maxTasks', " report(['minTasks']"),
  unruled(
    'namesakes',
    worker,
    'workers.findIndex((other) => other.name === name) < index',
    "\n        report([index, 'name']",
  ),
  {
    name: 'unchecked-queue-namesakes',
    file: 'infra/settings/environment.ts',
    find: "if (names.indexOf(queue) <= index)\n        report(['moreQueues', index",
    replace: "if (names.indexOf(queue) < 0)\n        report(['moreQueues', index",
    noticedBy: [infra('queues')],
  },
  unruled('wake-up-of-none', worker, 'minTasks > 0 && wakeUpBacklog !== undefined', ' report(path'),
  unruled('wake-up', worker, 'minTasks === 0 && (wakeUpBacklog ?? -1) < min', '\n      report(path'),
  unruled('zones-of-two-regions', 'network', 'regionOf(zone) !== region', '\n        report([index + 1]'),
  unruled(
    'subnets',
    'network',
    'privateSubnetIds.length !== zones.length',
    "\n      report(['privateSubnetIds']",
  ),
  unruled('reservation', 'work-queue', 'reservedConcurrency > connections', '\n      report('),
  unruled('instance-type', 'broker', '!types.includes(instanceType)', "\n      report(['instanceType']"),
  unruled(
    'zones',
    'environment',
    "(typeof zones === 'number' ? zones : zones.length) < min",
    '\n      report(',
  ),
  unruled(
    'zone-of-another-region',
    'environment',
    'regionOf(zone) !== region',
    "\n        report(['network', 'zones', index]",
  ),
  unruled(
    'key-of-another-region',
    'environment',
    'region !== undefined && itsRegion !== undefined && itsRegion !== region',
    "\n      report(['kmsKey'], `use a key of region",
  ),
  unruled(
    'key-of-another-account',
    'environment',
    'account !== undefined && itsAccount !== undefined && itsAccount !== account',
    "\n      report(['kmsKey'], `use a key of account",
  ),
  unbounded('key', 'environment', [':key\\/(?:mrk-', ':(?:alias|key)\\/(?:.*|mrk-']),
  unruled(
    'connections',
    'environment',
    '!(budget.needed <= budget.available)',
    "\n      report(['broker', 'instanceType']",
  ),
  unbounded('fractions', 'fields', ['.multipleOf(1, remedy)', '']),
  unbounded('whole-numbers-below', 'fields', [
    '.multipleOf(1, remedy).min(min, remedy)',
    '.multipleOf(1, remedy)',
  ]),
  unbounded('choice', 'fields', ['z.literal([...values] as', "z.literal([...values, 8, 'internet'] as"]),
  unbounded('twice-the-same', 'fields', ['new Set(all).size === all.length', 'true']),
  unbounded('class-name', worker, ['text(/^[a-z][a-z0-9-]{0,30}$/', 'text(/./']),
  unbounded('target', worker, ['    1.5,\n', '    1,\n']),
  unbounded('queue-name', 'work-queue', ['/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/', '/./']),
  unbounded('log-sample', 'work-queue', ['decimal(0, 1,', 'decimal(0, 100,']),
  unbounded('no-class', worker, [".min(1, 'add a worker class')", '']),
  unbounded('maintenance-time', 'broker', ['/^([01]\\d|2[0-3]):[0-5]\\d$/', '/^[0-9:]+$/']),
  unbounded('account', 'environment', ['/^\\d{12}$/', '/^\\d+$/']),
  {
    name: 'setting-without-a-meaning',
    file: 'infra/settings/work-queue.ts',
    find: ".describe('Maximum number of messages in the dead-letter queue.')",
    replace: '',
    noticedBy: [infra('settings')],
  },
  {
    name: 'two-users-of-one-name',
    file: 'services/contract/topology.ts',
    find: '}.admin`',
    replace: '}-admin`',
    noticedBy: [infra('names'), integration('topology-function')],
  },
  {
    name: 'two-outputs-of-one-name',
    file: 'infra/github-roles.ts',
    find: ".replaceAll('-', 'Dash')",
    replace: '',
    noticedBy: [infra('names')],
  },
  {
    name: 'environment-that-another-may-read',
    file: 'infra/checks.ts',
    find: "environment.includes('-work-queue')",
    replace: 'false',
    noticedBy: [infra('names')],
  },
  given(
    'prefixes',
    '.filter(([, prefix]) => !/^[a-z][a-z0-9-]{0,19}$/.test(prefix))',
    '.filter(() => false)',
  ),
  given('architecture', 'each.seen === all[0]?.seen ? []', 'true ? []'),
  given('task-timeout', 'seconds <= Math.min(86_400, taskProtectionSeconds)', 'true'),
  given('no-time', '!(seconds >= 1 &&', '!(true &&'),
  given('consumer-timeout', '!(consumerTimeoutSeconds >= minTimeout)', 'false'),
  given('drain', '!(drainSeconds <= maxDrain)', 'false'),
]
