import { infra, type Sabotage, unit } from './sabotage.ts'

/** A deploy that is not refused. */
function allowed(name: string, file: string, [find, replace]: [string, string]): Sabotage {
  return { name, file: `ops/${file}.ts`, find, replace, noticedBy: [unit('ops/preflight-changes')] }
}

/** A remedy that does not work, or a deploy that would fail half an hour later. */
function stuck(name: string, file: string, [find, replace]: [string, string]): Sabotage {
  return {
    name,
    file: `ops/preflight/${file}.ts`,
    find,
    replace,
    noticedBy: [unit('ops/preflight-orphans')],
  }
}

/** What a change of a setting would move, take back or replace, and what a deploy is refused for. */
export const changesSabotages: readonly Sabotage[] = [
  {
    name: 'addresses-that-follow-the-zones',
    file: 'infra/constructs/network.ts',
    find: '      reservedAzs: maxZones - zones,\n',
    replace: '',
    noticedBy: [infra('addresses')],
  },
  {
    name: 'addresses-that-follow-the-tiers',
    file: 'infra/constructs/network.ts',
    find: '        cidrMask: blockMask,\n      },\n      //',
    replace: '      },\n      //',
    noticedBy: [infra('addresses')],
  },
  {
    name: 'broker-in-every-zone',
    file: 'infra/constructs/broker.ts',
    find: 'subnetIds.slice(0, brokerNodes[settings.mode])',
    replace: 'subnetIds',
    noticedBy: [infra('addresses')],
  },
  {
    name: 'export-that-is-taken-back',
    file: 'infra/foundation-stack.ts',
    find: 'this.exportValue(subnetId)',
    replace: 'void subnetId',
    noticedBy: [infra('addresses')],
  },
  {
    name: 'secrets-that-change-their-user',
    file: 'infra/constructs/queue-topology.ts',
    find: `\`\${queue}-\${id}\``,
    replace: 'id',
    noticedBy: [infra('names')],
  },
  allowed('broker-replaced-unseen', 'changes/dangers', [
    "(fate === 'replaced' || fate === 'removed')",
    'false',
  ]),
  allowed('broker-removed-unseen', 'changes/dangers', [" || fate === 'removed'", '']),
  allowed('subnet-of-the-broker-replaced-unseen', 'changes/dangers', [
    'for (const each of referencesIn(resource.Properties)) hold(each)',
    '',
  ]),
  allowed('password-overwritten-unseen', 'changes/dangers', [
    "name === 'GenerateSecretString'",
    "name === 'SecretString'",
  ]),
  allowed('export-taken-back-unseen', 'changes/dangers', ['return !same ||', 'return']),
  allowed('queue-left-unseen', 'changes/renamed', [' || queue === successor', ' || queue !== successor']),
  allowed('queue-left-with-tasks', 'preflight/left-queues', ['max > 0', 'max > 10']),
  allowed('queue-left-unmeasured', 'preflight/left-queues', [
    "(values.get('ready')?.length ?? 0) === 0",
    "(values.get('ready')?.length ?? 0) < 0",
  ]),
  allowed('stack-of-a-queue-left-unseen', 'preflight/left-queues', [
    '&& !known.has(StackName)',
    '&& known.has(StackName)',
  ]),
  allowed('stack-of-a-queue-deleted-with-its-tasks', 'preflight/left-queues', [
    'remedy: seen === undefined ?',
    'remedy: seen !== undefined ?',
  ]),
  allowed('nothing-compared', 'preflight/changes', ['[...findDangers(deployed, next), ...', '[...']),
  allowed('deploy-that-looked-at-nothing', 'preflight/check', [
    'needs === undefined ? explained :',
    'needs !== undefined ? explained :',
  ]),
  {
    name: 'change-that-nobody-is-told-of',
    file: 'test/infra/setting-changes.ts',
    find: "  change('workQueue.maxLength', 100_000, 50_000),\n",
    replace: '',
    noticedBy: [infra('changes')],
  },
  {
    name: 'broker-that-another-zone-replaces',
    file: 'ops/changes/dangers.ts',
    find: 'if (gone.length === 0) return []',
    replace: "if (gone.length === 0 || gone.some(({ type }) => type === 'AWS::EC2::Subnet')) return []",
    noticedBy: [infra('changes'), unit('ops/preflight-changes')],
  },
  {
    name: 'first-deploy-that-cannot-be-repeated',
    file: 'infra/removal-policy.ts',
    find: 'RETAIN_ON_UPDATE_OR_DELETE',
    replace: 'RETAIN',
    noticedBy: [infra('stacks'), infra('logs')],
  },
  stuck('deletion-of-a-protected-stack', 'removal', ['...(locked ? [unlock] : [])', '...(locked ? [] : [])']),
  stuck('protection-lifted-too-late', 'stacks', [
    '...removalOf(kept, region),\n      ...deletionOf(name, stack.EnableTerminationProtection === true, region),',
    '...deletionOf(name, stack.EnableTerminationProtection === true, region),\n      ...removalOf(kept, region),',
  ]),
  stuck('stack-deleted-before-what-it-kept', 'stacks', ["each.status === 'DELETE_SKIPPED'", 'false']),
  stuck('broker-deleted-without-a-word', 'stacks', ["status === 'DELETE_FAILED' ? kept : []", '[]']),
  stuck('orphaned-broker-unseen', 'orphans', ['if (names.has(name)) {', 'if (id === name) {']),
  stuck('broker-of-ours-taken-for-an-orphan', 'orphans', ['!owned.has(id)', 'owned.size >= 0']),
  stuck('orphaned-log-group-unseen', 'orphans', ['taken: names.has(id)', 'taken: false']),
  stuck('secrets-of-others-deleted', 'orphans', ["Key === 'aws:cloudformation:stack-name' && ", '']),
  stuck('broker-deleted-twice', 'removal', ['going === true ? 1 : 0', '0']),
  stuck('foundation-deleted-first', 'stacks', ['stacks.toReversed().map', 'stacks.map']),
]
