import type { RehearsalBroker } from './broker.ts'
import { functionArn } from './function.ts'
import { type Deployment, type Physical, pseudo } from './resolve.ts'
import { generateSecret } from './secrets.ts'

/** Where on this machine things are that a template refers to. What starts later is filled in then. */
export interface Place {
  /** Values of the template's secrets, by ARN. */
  readonly secrets: Map<string, string>
  broker?: RehearsalBroker
  /** http://127.0.0.1:port of a DynamoDB with the templates' tables; where they have any. */
  dynamoDb?: string
  /** http://127.0.0.1:port */
  api?: string
}

/** With six random characters at its end, as Secrets Manager's ARNs have them. */
const secretArn = (id: string) =>
  `arn:aws:secretsmanager:${pseudo['AWS::Region']}:${pseudo['AWS::AccountId']}:secret:${id}-a1B2c3`

export function physicalOf(place: Place): Physical {
  return {
    ref: ({ Type }, id) => (Type === 'AWS::SecretsManager::Secret' ? secretArn(id) : undefined),
    attribute({ Type, Properties }, id, name) {
      const attributes: Readonly<Record<string, unknown>> = {
        'AWS::AmazonMQ::Broker.AmqpEndpoints': [place.broker?.amqpUrl],
        'AWS::ApiGatewayV2::Api.ApiEndpoint': place.api,
        'AWS::ECS::Service.Name': Properties?.['ServiceName'],
        'AWS::Lambda::Function.Arn': functionArn(id),
      }
      return attributes[`${Type}.${name}`]
    },
    secret(arn, key) {
      const value = place.secrets.get(arn)
      if (value === undefined) throw new Error(`a template refers to secret ${arn}, which is not there`)
      return JSON.parse(value)[key]
    },
    // the port of the management API is 443 there and any free one here; AMQP's comes with the broker's endpoint
    map: (text) =>
      text.replaceAll('https://127.0.0.1:443', place.broker?.managementUrl ?? 'https://127.0.0.1:443'),
  }
}

/**
 * Gives each secret of the templates its first value.
 * @param values of what has one by now, by stack and id: queues share their foundation's
 */
export function createSecrets(deployment: Deployment, place: Place, values: Map<string, string>): void {
  for (const { id, stack, properties } of deployment.all('AWS::SecretsManager::Secret')) {
    const key = `${stack}/${id}`
    const value = values.get(key) ?? generateSecret(properties['GenerateSecretString'] ?? {})
    values.set(key, value)
    place.secrets.set(secretArn(id), value)
  }
}
