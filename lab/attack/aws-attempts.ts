/** What somebody with a role's credentials could try, beside whatever the role's own policies name. */
export const awsActions: readonly string[] = [
  ...['iam:PassRole', 'iam:CreateUser', 'iam:CreateAccessKey', 'iam:AttachRolePolicy', 'iam:PutRolePolicy'],
  ...[
    'iam:UpdateAssumeRolePolicy',
    'sts:AssumeRole',
    'sts:GetFederationToken',
    'organizations:LeaveOrganization',
  ],
  ...['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue', 'secretsmanager:DeleteSecret'],
  ...['secretsmanager:ListSecrets', 'secretsmanager:PutResourcePolicy', 'ssm:GetParameter', 'kms:Decrypt'],
  ...['kms:ScheduleKeyDeletion', 'kms:PutKeyPolicy', 'kms:CreateGrant', 'mq:DeleteBroker', 'mq:UpdateBroker'],
  ...['mq:RebootBroker', 'mq:CreateUser', 'mq:DescribeBroker', 'lambda:InvokeFunction', 'lambda:GetFunction'],
  ...['lambda:UpdateFunctionCode', 'lambda:UpdateFunctionConfiguration', 'lambda:AddPermission'],
  ...['lambda:CreateFunction', 'ecs:RunTask', 'ecs:StopTask', 'ecs:ExecuteCommand', 'ecs:UpdateService'],
  ...['ecs:RegisterTaskDefinition', 'ecs:UpdateTaskProtection', 'ecs:DescribeTasks', 'ecr:PutImage'],
  ...['ecr:BatchDeleteImage', 'ecr:BatchGetImage', 'dynamodb:Scan', 'dynamodb:Query', 'dynamodb:GetItem'],
  ...['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem', 'dynamodb:DeleteTable'],
  ...['dynamodb:ExportTableToPointInTime', 'sqs:ReceiveMessage', 'sqs:SendMessage', 'sqs:PurgeQueue'],
  ...['sqs:DeleteQueue', 'logs:PutLogEvents', 'logs:GetLogEvents', 'logs:StartQuery', 'logs:DeleteLogGroup'],
  ...['logs:PutSubscriptionFilter', 'cloudwatch:PutMetricData', 'cloudwatch:DeleteAlarms'],
  ...['cloudwatch:DisableAlarmActions', 'scheduler:CreateSchedule', 'scheduler:DeleteSchedule'],
  ...[
    'events:PutEvents',
    'execute-api:Invoke',
    'apigateway:PATCH',
    's3:GetObject',
    's3:PutObject',
    's3:ListBucket',
  ],
  ...[
    'cloudformation:UpdateStack',
    'cloudformation:DeleteStack',
    'ec2:RunInstances',
    'ec2:CreateNetworkInterface',
  ],
  ...['ec2:DeleteNetworkInterface', 'ec2:AuthorizeSecurityGroupIngress', 'ec2:CreateVpcPeeringConnection'],
  ...[
    'cloudtrail:StopLogging',
    'guardduty:DeleteDetector',
    'sns:Publish',
    'xray:PutSpans',
    'bedrock:InvokeModel',
  ],
]

/** Why it is acceptable that a role may do what it may, by action. */
export const acceptable: Readonly<Record<string, string>> = {
  'secretsmanager:GetSecretValue':
    'its own password; the topology function makes all users, so it reads all. Rotation makes a stolen one worthless',
  'kms:Decrypt': 'only through the service that the condition names, so only what the role may read there',
  'lambda:InvokeFunction':
    'its purpose: CloudFormation calls the topology function so, a schedule the producer',
  'lambda:GetFunction': 'CDK’s provider waits so until the function is ready',
  'ecs:UpdateService':
    'a deploy starts the services’ workers anew so when a password has changed; only these services',
  'ecs:GetTaskProtection': 'tells no more than who is protected, of its own cluster',
  'ecs:UpdateTaskProtection':
    'protects a busy worker from scale-in, of its own cluster: the worst is a task that is not stopped for two days',
  'ecr:GetAuthorizationToken': 'AWS knows no resource for it; with it the role can pull what it may',
  'ecr:BatchCheckLayerAvailability': 'pulls the workers’ image, and cannot push',
  'ecr:BatchGetImage': 'pulls the workers’ image, and cannot push',
  'ecr:GetDownloadUrlForLayer': 'pulls the workers’ image, and cannot push',
  'dynamodb:BatchWriteItem':
    'the ledger is what the role writes; it can make it say what is not true, and no task is lost by that',
  'dynamodb:PutItem': 'as above',
  'dynamodb:UpdateItem': 'as above',
  'dynamodb:DeleteItem': 'as above; the producer takes back the key of a task that it could not publish',
  'dynamodb:Query':
    'the producer answers GET /tasks/{id} so: it reads states and results, and no payloads are there',
  'sqs:SendMessage': 'keeps what could not be invoked; it can add to it, and read nothing',
  'sqs:GetQueueAttributes': 'tells lengths, and no message',
  'sqs:GetQueueUrl': 'tells a name',
  'xray:PutSpans': 'AWS knows no resource for it; it can add spans, and read none',
  'xray:PutSpansForIndexing': 'as above',
  'logs:CreateLogGroup':
    'AWS’s own policy for functions (any group); it can add lines, and read or delete none',
  'logs:CreateLogStream': 'as logs:PutLogEvents',
  'logs:PutLogEvents':
    'AWS’s own policy for functions has it on any group, a worker on its own: it can add lines, and read or delete none',
  ...Object.fromEntries(
    [
      'Encrypt',
      'GenerateDataKey',
      'GenerateDataKeyWithoutPlaintext',
      'DescribeKey',
      'ReEncryptFrom',
      'ReEncryptTo',
    ].map((action) => [`kms:${action}`, 'as kms:Decrypt']),
  ),
  ...Object.fromEntries(
    [
      ...['CreateNetworkInterface', 'DeleteNetworkInterface', 'DescribeNetworkInterfaces', 'DescribeSubnets'],
      ...['AssignPrivateIpAddresses', 'UnassignPrivateIpAddresses'],
    ].map((action) => [
      `ec2:${action}`,
      'Lambda itself does it in the role; a condition refuses it to the function’s code',
    ]),
  ),
}
