import { expect, test } from 'vitest'
import { name as template } from '../../infra/environments.ts'
import { brokerNodes } from '../../infra/limits.ts'
import type { Environment } from '../../infra/settings/environment.ts'
import { environment, environmentNames, resourcesOf, templates } from './synth.ts'

/**
 * What CloudFormation cannot change, but only replace, and with it all that the broker holds; or what would give it a
 * new password that the broker does not know. Values follow from the settings, which docs/settings.md says not to
 * change once deployed. If this test fails, undo the change of the code: what is here is not to be updated for a
 * broker that is deployed.
 */
const committed = {
  'AWS::AmazonMQ::Broker': {
    id: 'BrokerE1355FD6',
    createOnly: [
      'AuthenticationStrategy',
      'BrokerName',
      'DeploymentMode',
      'EncryptionOptions',
      'EngineType',
      'PubliclyAccessible',
      'SecurityGroups',
      'StorageType',
      'SubnetIds',
      'Users',
    ],
  },
  'AWS::SecretsManager::Secret': {
    id: 'BrokerAdminSecretC23FF168',
    createOnly: ['GenerateSecretString', 'Name', 'SecretString', 'KmsKeyId'],
  },
  'AWS::EC2::SecurityGroup': {
    id: 'BrokerSecurityGroup4607CDDC',
    createOnly: ['GroupDescription', 'GroupName', 'VpcId'],
  },
} as const

const subnet = (number: number) =>
  [
    { Ref: 'NetworkVpcPrivateSubnet1Subnet6DD86AE6' },
    { Ref: 'NetworkVpcPrivateSubnet2Subnet1BDBE877' },
    { Ref: 'NetworkVpcPrivateSubnet3Subnet8ABFAF5C' },
  ][number - 1]

const values = (name: string, { network, broker: { mode } }: Environment) => ({
  'AWS::AmazonMQ::Broker': {
    BrokerName: `${template}-${name}`,
    DeploymentMode: mode,
    EngineType: 'RABBITMQ',
    PubliclyAccessible: false,
    SecurityGroups: [{ 'Fn::GetAtt': ['BrokerSecurityGroup4607CDDC', 'GroupId'] }],
    SubnetIds:
      'vpcId' in network
        ? network.privateSubnetIds.slice(0, brokerNodes[mode])
        : Array.from({ length: brokerNodes[mode] }, (_, index) => subnet(index + 1)),
    Users: [
      {
        Username: `${template}-admin`,
        Password: {
          'Fn::Join': [
            '',
            ['{{resolve:secretsmanager:', { Ref: 'BrokerAdminSecretC23FF168' }, ':SecretString:password::}}'],
          ],
        },
      },
    ],
  },
  'AWS::SecretsManager::Secret': {
    GenerateSecretString: {
      ExcludePunctuation: true,
      GenerateStringKey: 'password',
      PasswordLength: 40,
      SecretStringTemplate: JSON.stringify({ username: `${template}-admin` }),
    },
  },
  'AWS::EC2::SecurityGroup': {
    GroupDescription: 'RabbitMQ broker',
    VpcId: 'vpcId' in network ? network.vpcId : { Ref: 'NetworkVpc7FB7348F' },
  },
})

test.each(environmentNames)('nothing in %s would replace the broker or lock us out', (name) => {
  const { foundation } = templates(name)
  const expected = values(name, environment(name))
  for (const [type, { id, createOnly }] of Object.entries(committed)) {
    const resource = resourcesOf(foundation, type).find(([each]) => each === id)?.[1]
    expect([id, resource?.Type]).toEqual([id, type])
    const fixed = createOnly.flatMap((property) =>
      resource?.Properties[property] === undefined ? [] : [[property, resource.Properties[property]]],
    )
    expect(Object.fromEntries(fixed)).toEqual(expected[type as keyof typeof committed])
  }
})

test.each(environmentNames)(
  '%s has one broker: RabbitMQ 4.3 with its general log and a maintenance window',
  (name) => {
    const { day, time } = environment(name).broker.maintenance
    const brokers = resourcesOf(templates(name).foundation, 'AWS::AmazonMQ::Broker')
    expect(brokers.map(([, { Properties }]) => Properties)).toEqual([
      expect.objectContaining({
        EngineVersion: '4.3',
        AutoMinorVersionUpgrade: true,
        Logs: { General: true },
        MaintenanceWindowStartTime: { DayOfWeek: day, TimeOfDay: time, TimeZone: 'UTC' },
      }),
    ])
  },
)

test('a secret’s generated password is one that Amazon MQ takes', () => {
  for (const name of environmentNames) {
    const { foundation, workQueue } = templates(name)
    for (const template of [foundation, workQueue]) {
      for (const [, { Properties }] of resourcesOf(template, 'AWS::SecretsManager::Secret')) {
        const made = Properties.GenerateSecretString
        // 12 characters or more, and none of , : =
        expect(made.PasswordLength).toBeGreaterThanOrEqual(12)
        expect(made.ExcludePunctuation).toBe(true)
        expect(JSON.parse(made.SecretStringTemplate).username).toMatch(/^[A-Za-z0-9._-]{2,100}$/)
      }
    }
  }
})
