import { infra, integration, type Sabotage, type Target, unit } from './sabotage.ts'

const checks = 'infra/checks.ts'
const budget = 'infra/connection-budget.ts'
const broker = 'infra/constructs/broker.ts'
const network = 'infra/constructs/network.ts'
const workQueue = 'infra/work-queue-stack.ts'
const foundation = 'infra/foundation-stack.ts'
const github = 'infra/github-roles.ts'
const monthlyBudget = 'infra/constructs/monitoring/monthly-budget.ts'
const stacks = [infra('stacks')]
const queues = [infra('queues')]

/** What stands in the templates, with the tests that must notice. */
function template(name: string, file: string, [find, replace]: [string, string], noticedBy: Target[]) {
  return { name, file, find, replace, noticedBy } satisfies Sabotage
}

/** What synth refuses, what a deployment would do in the wrong order, and what it would replace, leave or cost. */
export const synthSabotages: readonly Sabotage[] = [
  template(
    'one-problem-at-a-time',
    checks,
    [
      'if (problems.length === 0) return environment',
      'if (problems.splice(1).length === 0 && problems.length === 0) return environment',
    ],
    [infra('checks')],
  ),
  template(
    'environment-that-nobody-knows',
    checks,
    ["const known = Object.keys(from).join(', ')", "const known = 'others'"],
    [infra('checks')],
  ),
  template(
    'drain-to-the-last-second',
    'infra/timing.ts',
    ['drainSeconds = 100', 'drainSeconds = 119'],
    [infra('checks')],
  ),
  template(
    'broker-that-waits-no-longer-than-a-task',
    'infra/timing.ts',
    ['(({ timeoutSeconds }) => timeoutSeconds)) + 300', '(({ timeoutSeconds }) => timeoutSeconds))'],
    [infra('checks')],
  ),
  template(
    'budget-without-the-second-function',
    budget,
    ['amount: 2 * connections', 'amount: connections'],
    [infra('checks')],
  ),
  template(
    'budget-without-the-loss-of-a-node',
    budget,
    ['Math.max(brokerNodes[mode] - 1, 1)', 'brokerNodes[mode]'],
    [infra('checks')],
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
    ['subnetIds.slice(0, brokerNodes[settings.mode])', 'subnetIds.slice(1, brokerNodes[settings.mode] + 1)'],
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
    ['    this.producer?.node.addDependency(...services)\n', ''],
    stacks,
  ),
  template(
    'function-before-its-way-to-the-broker',
    'infra/constructs/service-function.ts',
    ['    this.function.node.addDependency(this.securityGroup)\n', ''],
    stacks,
  ),
  template(
    'worker-before-its-role-may-pull',
    'infra/constructs/worker-service.ts',
    [
      'addDependency(securityGroup, taskDefinition.obtainExecutionRole(), cluster)',
      'addDependency(securityGroup, cluster)',
    ],
    [infra('roles')],
  ),
  template(
    'flow-log-before-it-may-write',
    network,
    ['    if (flowLog.iamRole) flowLog.node.defaultChild?.node.addDependency(flowLog.iamRole)\n', ''],
    [infra('roles')],
  ),
  template(
    'more-classes-than-an-alarm-takes',
    'infra/limits.ts',
    ['metricsPerAlarm = 10', 'metricsPerAlarm = 11'],
    [infra('limits')],
  ),
  template(
    'access-logs-that-fill-the-resource-policy',
    'infra/constructs/producer-api.ts',
    ['/aws/vendedlogs/', '/aws/apis/'],
    [infra('logs')],
  ),
  template(
    'zone-without-the-brokers-type',
    'ops/preflight/broker-zones.ts',
    ['!offered.includes(zone)', 'zone === region'],
    [unit('ops/preflight-zones')],
  ),
  template(
    'synth-that-warns',
    'infra/constructs/helper-logs.ts',
    ['helper.addResourceDependency(', 'helper.addDependency('],
    [infra('quiet')],
  ),
  template(
    'new-password-of-one-user-unseen',
    'infra/constructs/queue-topology.ts',
    [
      '      ...Object.values(this.secrets),\n      adminSecret,\n      broker.adminSecret,',
      '      ...Object.values(this.secrets),\n      adminSecret,',
    ],
    stacks,
  ),
  template(
    'secrets-of-production-that-go',
    'infra/constructs/broker-user.ts',
    ['    removalPolicy,\n  })', '  })'],
    stacks,
  ),
  template(
    'sandbox-that-stays',
    'infra/removal-policy.ts',
    [' : RemovalPolicy.DESTROY', ' : RemovalPolicy.RETAIN'],
    stacks,
  ),
  template(
    'foundation-that-can-go-first',
    'cdk.json',
    [
      '"@aws-cdk/core:defaultCrossStackReferences": "strong"',
      '"@aws-cdk/core:defaultCrossStackReferences": "weak"',
    ],
    stacks,
  ),
  template(
    'one-broker-name-for-all-environments',
    'infra/names.ts',
    ['broker: prefix', 'broker: name'],
    [...stacks, infra('broker'), infra('names')],
  ),
  template(
    'subnets-of-an-existing-vpc-mixed-up',
    network,
    ['isolatedSubnetIds: [...privateSubnetIds]', 'isolatedSubnetIds: privateSubnetIds.toReversed()'],
    stacks,
  ),
  template(
    'split-that-knows-no-cpu',
    'infra/outputs.ts',
    ['worker.cpu * worker.minTasks', 'worker.minTasks'],
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
    'second-queue-that-nobody-counts',
    budget,
    ['...moreQueues.flatMap((queue) => workersOf(queue, ', '...[].flatMap((queue) => workersOf(queue, '],
    queues,
  ),
  template(
    'producer-before-the-workers-of-another-queue',
    'infra/app.ts',
    ['  for (const stack of moreQueues) workQueue.addStackDependency(stack)\n', ''],
    queues,
  ),
  template(
    'producer-for-each-queue',
    'infra/app.ts',
    [
      '...{ ...props, foundation, bundles, settings },\n        description',
      '...{ ...props, foundation, bundles, settings },\n        producer: { settings: environment.workQueue.producer, moreQueues: [] },\n        description',
    ],
    queues,
  ),
  template(
    'task-type-whose-queue-is-not-there',
    checks,
    ['queue === undefined || names.includes(queue)', 'queue !== undefined || names.includes(queue)'],
    queues,
  ),
  template(
    'function-of-a-queue-with-a-name-too-long',
    'infra/names.ts',
    ['longestAsItIs - 13)', 'longestAsItIs - 3)'],
    [infra('names')],
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
    ["'ecr.api', 'ecr.dkr', 'logs', ", "'ecr.api', 'ecr.dkr', "],
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
    'infra/add-outputs.ts',
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
    'reason-that-holds-without-an-account-only',
    'infra/constructs/acknowledge.ts',
    ['Token.isUnresolved(value) ?', 'Token.isUnresolved(value) || true ?'],
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
    'github-role-for-any-repository',
    github,
    ['/^[\\w.-]+(@\\d+)?\\/[\\w.-]+(@\\d+)?$/', '/./'],
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
    'ops/cost/logs.ts',
    ["Properties['DeploymentMode'] === 'CLUSTER_MULTI_AZ' ? 3 : 1", "Properties['DeploymentMode'] ? 1 : 3"],
    [infra('cost')],
  ),
  template(
    'price-made-up',
    'ops/cost/rules.ts',
    [
      'type in prices) return type as PriceName',
      "type) return (type in prices ? type : 'mq.m7g.medium') as PriceName",
    ],
    [infra('cost')],
  ),
  template(
    'alarm-math-paid-once',
    'ops/cost/rules.ts',
    ['quantity: Math.max(1, math)', 'quantity: 1'],
    [infra('cost')],
  ),
  template(
    'maximum-of-the-least-tasks',
    'ops/cost/load.ts',
    ['count: service.maxTasks }', 'count: service.minTasks }'],
    [infra('cost')],
  ),
  template(
    'broker-that-logs-nothing',
    'ops/cost/logs.ts',
    ['talkative ? brokerNodes(month) * assumed.gbPerBrokerNode : 0', 'talkative ? 0 : 0'],
    [infra('cost')],
  ),
  template(
    'figures-that-nobody-reckoned',
    'README.md',
    ['| about 200 | 640 |', '| about 200 | 460 |'],
    [infra('cost-page')],
  ),
  template('budget-told-too-late', monthlyBudget, ['threshold: 80,', 'threshold: 100,'], [infra('budget')]),
  template(
    'budget-of-a-tag-that-nothing-has',
    monthlyBudget,
    ['TagKeyValue: [`user:', 'TagKeyValue: [`aws:'],
    [infra('budget')],
  ),
  template(
    'budget-that-may-not-publish',
    monthlyBudget,
    ["'budgets.amazonaws.com'", "'budget.amazonaws.com'"],
    [infra('resource-policies')],
  ),
  template(
    'finding-that-nobody-answered',
    broker,
    ['publiclyAccessible: false', 'publiclyAccessible: true'],
    [{ project: 'slow', file: 'test/infra/findings.slow.test.ts' }],
  ),
  template(
    'answer-that-nothing-asks-for',
    'test/infra/answered-findings.ts',
    [
      "resources: ['AWS::IAM::Policy LogRetention'],",
      "resources: ['AWS::IAM::Policy LogRetention', 'AWS::SQS::Queue '],",
    ],
    [{ project: 'slow', file: 'test/infra/findings.slow.test.ts' }],
  ),
  template(
    'waiting-that-nobody-pays',
    'ops/cost/logs.ts',
    ['(looks - 1) * between + assumed', 'assumed'],
    [infra('cost')],
  ),
  template(
    'default-policies-win',
    'services/contract/definitions.ts',
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
