/** Something in AWS, by its type in CloudFormation and the id that CloudFormation knows it by. */
export interface Thing {
  readonly type: string
  readonly id: string
  /** Whether AWS is deleting it already, so that there is only to wait. */
  readonly going?: boolean
}

/** How each type is removed by hand, in the order in which AWS lets them go: a broker holds its security group. */
const ways: Readonly<Record<string, (id: string, at: string) => readonly string[]>> = {
  'AWS::AmazonMQ::Broker': (id, at) => [
    `aws mq delete-broker --broker-id ${id} ${at}`,
    // there is no aws mq wait, and the name is free only when the broker is gone
    `while aws mq describe-broker --broker-id ${id} ${at} > /dev/null 2>&1; do sleep 15; done`,
  ],
  'AWS::EC2::SecurityGroup': (id, at) => [`aws ec2 delete-security-group --group-id ${id} ${at}`],
  // without a time to recover, in which its name would stay taken
  'AWS::SecretsManager::Secret': (id, at) => [
    `aws secretsmanager delete-secret --secret-id ${id} --force-delete-without-recovery ${at}`,
  ],
  // a name is free only when its table is gone
  'AWS::DynamoDB::Table': (id, at) => [
    `aws dynamodb delete-table --table-name ${id} ${at}`,
    `aws dynamodb wait table-not-exists --table-name ${id} ${at}`,
  ],
  'AWS::Logs::LogGroup': (id, at) => [`aws logs delete-log-group --log-group-name ${id} ${at}`],
}

/** The commands that remove things which no stack removes, in order; none for a type that nothing keeps. */
export function removalOf(things: readonly Thing[], region: string): string[] {
  return Object.entries(ways).flatMap(([type, way]) =>
    things
      .filter((thing) => thing.type === type)
      .flatMap(({ id, going }) => way(id, `--region ${region}`).slice(going === true ? 1 : 0)),
  )
}

/** The commands that delete a stack, which a stack with termination protection refuses otherwise. */
export function deletionOf(stack: string, locked: boolean, region: string): string[] {
  const at = `--stack-name ${stack} --region ${region}`
  const unlock = `aws cloudformation update-termination-protection --no-enable-termination-protection ${at}`
  return [
    ...(locked ? [unlock] : []),
    `aws cloudformation delete-stack ${at}`,
    `aws cloudformation wait stack-delete-complete ${at}`,
  ]
}

/**
 * Commands as one that a shell takes: each only when the one before has worked.
 * @param things what they remove: a broker that is not going already may hold tasks
 */
export function inOrder(commands: readonly string[], things: readonly Thing[] = []): string {
  const mayHoldTasks = things.some(({ type, going }) => type === 'AWS::AmazonMQ::Broker' && going !== true)
  const care = mayHoldTasks
    ? 'if you need the tasks in that broker, deploy as another environment; otherwise, all of it goes with: '
    : ''
  return care + commands.join(' &&\n          ')
}
