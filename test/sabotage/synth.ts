import { infra, integration, type Sabotage, type Target } from './sabotage.ts'

const checks = 'infra/checks.ts'
const budget = 'infra/connection-budget.ts'
const broker = 'infra/constructs/broker.ts'
const network = 'infra/constructs/network.ts'
const workQueue = 'infra/work-queue-stack.ts'
const foundation = 'infra/foundation-stack.ts'
const github = 'infra/github-roles.ts'
const stacks = [infra('stacks')]

/** A check of an environment that never finds anything. */
function unchecked(name: string, find: string, replace: string, file = checks): Sabotage {
  return { name: `unchecked-${name}`, file, find, replace, noticedBy: [infra('checks')] }
}

/** What stands in the templates, with the tests that must notice. */
function template(name: string, file: string, [find, replace]: [string, string], noticedBy: Target[]) {
  return { name, file, find, replace, noticedBy } satisfies Sabotage
}

/** What synth refuses, what a deployment would do in the wrong order, and what it would replace, leave or cost. */
export const synthSabotages: readonly Sabotage[] = [
  unchecked('memory', 'memory?.includes(worker.memoryMiB) ?? true', 'memory !== null'),
  unchecked('cpu', "check('cpu', memory !== undefined,", "check('cpu', memory !== null,"),
  unchecked('slots', 'whole(slots, 1) && slots <= mostSlots', 'whole(slots, -9)'),
  unchecked('minimum', 'whole(minTasks, 0) && minTasks <= maxTasks,', 'whole(minTasks, 0),'),
  unchecked('target', 'worker.backlogPerSlot >= 1.5', 'worker.backlogPerSlot >= 1'),
  unchecked('wake-up', 'whole(wakeUpBacklog ?? -1, least)', 'whole(wakeUpBacklog ?? 1, least)'),
  unchecked('wake-up-of-none', 'wakeUpBacklog === undefined, ', 'wakeUpBacklog !== null, '),
  unchecked('namesakes', 'namesake === worker', 'namesake !== undefined'),
  unchecked(
    'no-class',
    'environment.workQueue.workers.length > 0',
    'environment.workQueue.workers.length >= 0',
  ),
  unchecked('class-name', '/^[a-z][a-z0-9-]{0,30}$/', '/^[a-z][a-z0-9-]*$/'),
  unchecked('instance-type', 'types.includes(broker.instanceType)', 'types.length > 0'),
  unchecked('zones', 'zones >= least, remedy', 'zones > 0, remedy'),
  unchecked('subnets', 'network.privateSubnetIds.length === zones', 'network.privateSubnetIds.length > 0'),
  unchecked('reservation', 'reserved >= 1 && reserved <= producer.connections', 'reserved >= 1'),
  unchecked('retention', 'logDays.includes(environment.logDays)', 'logDays.length > 0'),
  unchecked('queue-name', '/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/', '/^[A-Za-z0-9].*$/'),
  unchecked('drain', 'drainSeconds = 100', 'drainSeconds = 119', 'infra/timing.ts'),
  unchecked(
    'consumer-timeout',
    '(({ timeoutSeconds }) => timeoutSeconds)) + 300',
    '(({ timeoutSeconds }) => timeoutSeconds))',
    'infra/timing.ts',
  ),
  unchecked('budget', 'amount: 2 * producer.connections', 'amount: producer.connections', budget),
  unchecked('loss-of-a-node', 'Math.max(brokerNodes[mode] - 1, 1)', 'brokerNodes[mode]', budget),
  unchecked(
    'all-at-once',
    'if (problems.length === 0) return environment',
    'if (problems.splice(1).length === 0 && problems.length === 0) return environment',
  ),
  template(
    'broker-with-another-name',
    broker,
    ['brokerName: props.brokerName,', `brokerName: \`\${props.brokerName}-2\`,`],
    [infra('broker')],
  ),
  template(
    'broker-in-another-subnet',
    broker,
    ['subnetIds.slice(0, 1)', 'subnetIds.slice(1, 2)'],
    [infra('broker')],
  ),
  template(
    'broker-with-another-password',
    broker,
    ['passwordLength: 40', 'passwordLength: 41'],
    [infra('broker')],
  ),
  template(
    'broker-group-with-another-text',
    broker,
    ["description: 'RabbitMQ broker'", "description: 'the broker'"],
    [infra('broker')],
  ),
  template(
    'broker-of-another-version',
    'infra/constructs/broker.ts',
    ['engineVersion: settings.version', "engineVersion: '3.13'"],
    [infra('broker')],
  ),
  template(
    'password-that-amazon-mq-refuses',
    'infra/constructs/broker-user.ts',
    ['excludePunctuation: true', 'excludePunctuation: false'],
    [infra('broker')],
  ),
  template(
    'workers-before-the-topology',
    workQueue,
    ['for (const service of services) service.node.addDependency(this.topology.resource)', ''],
    stacks,
  ),
  template(
    'producer-before-the-workers',
    workQueue,
    ['    this.producer.node.addDependency(...services)\n', ''],
    stacks,
  ),
  template(
    'function-before-its-way-to-the-broker',
    'infra/constructs/service-function.ts',
    ['    this.function.node.addDependency(this.securityGroup)\n', ''],
    stacks,
  ),
  template(
    'new-password-of-one-user-unseen',
    'infra/constructs/queue-topology.ts',
    [
      '      ...Object.values(this.secrets),\n      secondAdmin,\n      broker.adminSecret,',
      '      ...Object.values(this.secrets),\n      secondAdmin,',
    ],
    stacks,
  ),
  template(
    'sandbox-that-stays',
    'infra/constructs/broker-user.ts',
    ['    removalPolicy,\n  })', '  })'],
    stacks,
  ),
  template(
    'production-broker-that-goes',
    broker,
    ['    broker.applyRemovalPolicy(removalPolicy)\n', ''],
    stacks,
  ),
  template(
    'production-without-protection',
    foundation,
    ['terminationProtection: environment.keepData', 'terminationProtection: false'],
    stacks,
  ),
  template(
    'second-queue-with-the-names-of-the-first',
    workQueue,
    ['const settings = props.settings ?? environment.workQueue', 'const settings = environment.workQueue'],
    stacks,
  ),
  template(
    'zones-asked-of-aws',
    foundation,
    ['return [...this.zones]', 'return super.availabilityZones'],
    stacks,
  ),
  template(
    'production-without-an-endpoint',
    network,
    ["'ecr.api', 'ecr.dkr', 'logs']", "'ecr.api', 'ecr.dkr']"],
    stacks,
  ),
  template(
    'grants-to-nobody',
    'infra/constructs/worker-service.ts',
    ['role: taskDefinition.taskRole,', 'role: taskDefinition.obtainExecutionRole(),'],
    stacks,
  ),
  template(
    'first-command-of-another-environment',
    'infra/outputs.ts',
    [`npm run send -- \${environmentName}`, `npm run send -- warren-\${environmentName}`],
    stacks,
  ),
  template(
    'finding-without-a-reason',
    'infra/constructs/broker-user.ts',
    ["'AwsSolutions-SMG4':", "'AwsSolutions-SMG5':"],
    [infra('nag')],
  ),
  template(
    'github-roles-with-a-finding',
    github,
    ['const diff = this.role', "const diff = this.role('Diff2', 'pull_request', ['*'])\n    this.role"],
    [infra('nag'), infra('github-roles')],
  ),
  template(
    'github-role-for-any-branch',
    github,
    [
      `[\`\${issuer}:sub\`]: \`repo:\${this.repository}:\${subject}\``,
      `[\`\${issuer}:sub\`]: \`repo:\${this.repository}:*\``,
    ],
    [infra('github-roles')],
  ),
  template(
    'pull-request-that-may-deploy',
    github,
    ["[cdkRoles('lookup-role')]", "[cdkRoles('*')]"],
    [infra('github-roles')],
  ),
  template(
    'second-identity-provider',
    github,
    ['this.provider = providerExists', 'this.provider = !repository'],
    [infra('github-roles')],
  ),
  template(
    'resource-without-a-price',
    'ops/cost/rules.ts',
    ["'AWS::EC2::NatGateway': (_, month)", "'AWS::EC2::NatGateways': (_, month)"],
    [infra('cost')],
  ),
  template(
    'one-node-paid-of-three',
    'ops/cost/rules.ts',
    ['const nodes = cluster ? 3 : 1', 'const nodes = cluster ? 1 : 1'],
    [infra('cost')],
  ),
  template(
    'default-policies-win',
    'services/contract/topology.ts',
    ['const policyPriority = 10', 'const policyPriority = 0'],
    [integration('topology')],
  ),
  template(
    'dead-letters-that-are-dropped',
    'services/contract/topology.ts',
    ["'delivery-limit': -1", "'delivery-limit': 3"],
    [integration('topology')],
  ),
]
