/** Why something stays as it is though a tool has something against it. */
export interface Answer {
  /** The tools' rules that ask the same question. */
  readonly rules: readonly string[]
  /** Where: beginnings of `<type> <logical id>`. Each must be found by one of the rules in some environment. */
  readonly resources: readonly string[]
  readonly reason: string
}

const lambda = (...ids: readonly string[]) => ids.map((id) => `AWS::Lambda::Function ${id}`)
/** Functions that CDK adds to set up a stack: they run while it is deployed, and CDK sets their properties. */
const ofCdk = lambda('CustomVpcRestrictDefaultSG', 'LogRetention', 'TopologyProviderframework')
const ours = lambda('TopologyFunction', 'ProducerApiProducer', 'QueueProbe', 'Operator')

/**
 * All that checkov and cdk-nag's pack for NIST 800-53 revision 5 find in the templates, and why it stays. A finding that
 * is not here fails test/infra/findings.slow.test.ts, and so does an answer that nothing asks for any more.
 */
export const answers: readonly Answer[] = [
  {
    rules: ['NIST.800.53.R5-CloudWatchLogGroupEncrypted', 'CKV_AWS_158'],
    resources: ['AWS::Logs::LogGroup '],
    reason:
      'A setting, kmsKey. Without it CloudWatch Logs encrypts every group with a key of its own. Log lines hold no payload and no secret; a key of the account adds a price and a way to lock oneself out.',
  },
  {
    rules: ['CKV_AWS_119'],
    resources: ['AWS::DynamoDB::Table LedgerTable'],
    reason:
      'A setting, kmsKey. Without it DynamoDB encrypts the table with a key of its own. It holds ids, states and results, and no payloads.',
  },
  {
    rules: ['NIST.800.53.R5-DynamoDBInBackupPlan'],
    resources: ['AWS::DynamoDB::Table LedgerTable'],
    reason:
      'It has point-in-time recovery, and AWS keeps its last state for 35 days after it is deleted. Records expire after days; the tasks themselves are in the queue. A backup plan is the account’s, not a stack’s.',
  },
  {
    rules: ['NIST.800.53.R5-SecretsManagerUsingKMSKey', 'CKV_AWS_149'],
    resources: ['AWS::SecretsManager::Secret BrokerAdminSecret', 'AWS::SecretsManager::Secret Topology'],
    reason:
      'A setting, kmsKey. Without it Secrets Manager encrypts them with its key of the account. A key of one’s own is needed to share a secret with another account, and a resource policy refuses just that.',
  },
  {
    rules: ['NIST.800.53.R5-SNSEncryptedKMS', 'CKV_AWS_26'],
    resources: ['AWS::SNS::Topic Alarms'],
    reason:
      'A setting, kmsKey. The topic carries names and states of alarms only, and TLS is enforced. Under SNS’s own key of the account CloudWatch and AWS Budgets cannot publish: an alarm that reaches nobody is worse.',
  },
  {
    rules: ['CKV_AWS_27'],
    resources: ['AWS::SQS::Queue '],
    reason:
      'A setting, kmsKey. Without it SQS encrypts it with a key of its own. It holds events that a function failed at, which name secrets and hold none.',
  },
  {
    rules: ['CKV_AWS_173'],
    resources: [...ours, ...lambda('TopologyProviderframework')],
    reason:
      'Lambda encrypts them with its own key. They are names, addresses and ARNs that anybody may read; a test finds secrets in them.',
  },
  {
    rules: ['NIST.800.53.R5-SecretsManagerRotationEnabled'],
    resources: ['AWS::SecretsManager::Secret BrokerAdminSecret', 'AWS::SecretsManager::Secret Topology'],
    reason:
      'Rotated by putting a new value, which the topology applies to the broker (docs/rotation.md); a schedule is the team’s choice, since it restarts the workers.',
  },
  {
    rules: ['CKV_AWS_119'],
    resources: ['AWS::DynamoDB::Table LedgerTable'],
    reason:
      'A setting, kmsKey. Without it DynamoDB encrypts the table with a key of its own. It holds no payload; what handlers return is in it, which a team that keeps secrets apart has under its own key.',
  },
  {
    rules: ['NIST.800.53.R5-DynamoDBInBackupPlan'],
    resources: ['AWS::DynamoDB::Table LedgerTable'],
    reason:
      'Point-in-time recovery is on: the table can be restored to any second of the last 35 days, also after it was deleted. It says what became of tasks and expires after some days; the tasks themselves are in the broker.',
  },
  {
    rules: ['NIST.800.53.R5-IAMNoInlinePolicy'],
    resources: ['AWS::IAM::Policy '],
    reason:
      'Each role has rights that no other has, so each has a policy of its own, which goes when the role goes. Managed policies are for rights that are shared.',
  },
  {
    rules: ['CKV_AWS_111'],
    resources: ['AWS::IAM::Policy LogRetention'],
    reason:
      'CDK lets it set the retention of any log group, since it serves all of a stack; it runs during deployments only.',
  },
  {
    rules: ['NIST.800.53.R5-LambdaConcurrency', 'CKV_AWS_115'],
    resources: [...ours, ...ofCdk],
    reason:
      'The broker itself limits the connections of each user, in every account. A reservation takes from the account’s limit, which is 10 in a new one, and Lambda refuses what leaves fewer than 10 to the rest; producer.reservedConcurrency sets one where there is room.',
  },
  {
    rules: ['NIST.800.53.R5-LambdaDLQ', 'CKV_AWS_116'],
    resources: lambda('ProducerApiProducer', 'Operator'),
    reason:
      'Invoked synchronously only: the caller gets the error, and nothing is queued that could be lost.',
  },
  {
    rules: ['NIST.800.53.R5-LambdaDLQ', 'CKV_AWS_116'],
    resources: lambda('QueueProbe'),
    reason:
      'A minute’s figures are of no use later: the next minute has new ones, and an alarm tells of a silent probe.',
  },
  {
    rules: ['NIST.800.53.R5-LambdaDLQ', 'CKV_AWS_116'],
    resources: [...lambda('TopologyFunction'), ...ofCdk],
    reason:
      'CloudFormation waits for their answer and rolls back without one, so that nothing is lost in silence.',
  },
  {
    rules: ['NIST.800.53.R5-LambdaInsideVPC', 'CKV_AWS_117'],
    resources: ofCdk,
    reason:
      'They call APIs of AWS only, or one function of ours. In the VPC they would need endpoints for all of these, and reach the broker, which they must not.',
  },
  {
    rules: ['CKV_AWS_65'],
    resources: ['AWS::ECS::Cluster Cluster'],
    reason:
      'A setting, containerInsights: off where cost matters more. The probe counts the slots in service, which scaling and alarms use.',
  },
  {
    rules: ['NIST.800.53.R5-VPCNoUnrestrictedRouteToIGW'],
    resources: ['AWS::EC2::Route NetworkVpcPublicSubnet'],
    reason:
      'A setting, network.egress: with public-address and nat, tasks reach the internet on purpose, and no security group lets anything in. With none there is no such route.',
  },
]
